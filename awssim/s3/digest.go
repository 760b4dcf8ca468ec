package s3

import (
	"crypto/md5"  //nolint:gosec // Content-MD5 is what clients send
	"crypto/sha1" //nolint:gosec // so is x-amz-checksum-sha1
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
)

// checksums are the algorithms of X-Amz-Checksum-<name> (Amazon S3 User Guide, checking object integrity).
var checksums = map[string]func() hash.Hash{
	"Crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"Crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"Crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
	"Sha1":      sha1.New,
	"Sha256":    sha256.New,
	"Sha512":    sha512.New,
}

// isChecksum says whether a header carries a checksum of the body.
func isChecksum(name string) bool {
	algorithm, ok := strings.CutPrefix(name, "X-Amz-Checksum-")
	return ok && checksums[algorithm] != nil
}

// checkDigests compares the body with the digests that came with it.
func checkDigests(c *wire.Call) error {
	if want := c.HTTP.Header.Get("Content-Md5"); want != "" && want != digest(md5.New(), c.Body) {
		return apierr.New("BadDigest", http.StatusBadRequest, "The Content-MD5 you specified did not match what we received.")
	}
	for name := range c.HTTP.Header {
		if !isChecksum(name) {
			continue
		}
		algorithm := strings.TrimPrefix(name, "X-Amz-Checksum-")
		if c.HTTP.Header.Get(name) != digest(checksums[algorithm](), c.Body) {
			return apierr.New("BadDigest", http.StatusBadRequest, "The %s you specified did not match the calculated checksum.", algorithm)
		}
	}
	return nil
}

func digest(h hash.Hash, body []byte) string {
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
