package sigv4

import (
	"bytes"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"rekey/awssim/wire"
)

// chunked is a payload in aws-chunked encoding while it is decoded (Amazon S3 API Reference, signature
// calculations for transferring a payload in chunks).
type chunked struct {
	auth     authorization
	key      []byte
	previous string // the signature that the next one is built on
	payload  string // what X-Amz-Content-Sha256 said
	out      []byte
	trailer  http.Header
}

type chunkError struct {
	failure wire.Failure
	message string
}

var (
	errFraming   = &chunkError{wire.BadPayload, "the body is not in aws-chunked encoding"}
	errSignature = &chunkError{wire.BadSignature, "a chunk's signature does not match"}
)

// signed says whether each chunk carries a signature.
func (c *chunked) signed() bool {
	return strings.HasPrefix(c.payload, "STREAMING-"+algorithm+"-PAYLOAD")
}

func (c *chunked) decode(body []byte) *chunkError {
	if !c.signed() && c.payload != "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
		return &chunkError{wire.Malformed, "X-Amz-Content-Sha256 " + c.payload + " is not known"}
	}
	for {
		line, rest, ok := bytes.Cut(body, []byte("\r\n"))
		if !ok {
			return errFraming
		}
		size, extension, _ := strings.Cut(string(line), ";")
		n, err := strconv.ParseUint(size, 16, 31)
		if err != nil || int(n) > len(rest) {
			return errFraming
		}
		if !c.checkChunk(extension, rest[:n]) {
			return errSignature
		}
		if n == 0 {
			return c.readTrailer(rest)
		}
		c.out = append(c.out, rest[:n]...)
		if body, ok = bytes.CutPrefix(rest[n:], []byte("\r\n")); !ok {
			return errFraming
		}
	}
}

func (c *chunked) checkChunk(extension string, data []byte) bool {
	if !c.signed() {
		return true
	}
	signature, ok := strings.CutPrefix(extension, "chunk-signature=")
	text := algorithm + "-PAYLOAD\n" + c.auth.stamp + "\n" + c.auth.scope() + "\n" + c.previous + "\n" +
		hash(nil) + "\n" + hash(data)
	c.previous = sign(c.key, text)
	return ok && equal(c.previous, signature)
}

// readTrailer reads the headers behind the last chunk, where the checksum and its signature are.
func (c *chunked) readTrailer(rest []byte) *chunkError {
	c.trailer = http.Header{}
	var signature, text string
	for _, line := range strings.FieldsFunc(string(rest), func(r rune) bool { return r == '\r' || r == '\n' }) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return errFraming
		}
		if name == "x-amz-trailer-signature" {
			signature = value
			continue
		}
		c.trailer.Add(textproto.TrimString(name), textproto.TrimString(value))
		text += name + ":" + value + "\n"
	}
	if !c.signed() || !strings.HasSuffix(c.payload, "-TRAILER") {
		return nil
	}
	whole := algorithm + "-TRAILER\n" + c.auth.stamp + "\n" + c.auth.scope() + "\n" + c.previous + "\n" + hash([]byte(text))
	if !equal(sign(c.key, whole), signature) {
		return errSignature
	}
	return nil
}
