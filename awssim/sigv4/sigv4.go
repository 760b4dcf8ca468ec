// Package sigv4 checks the signatures of requests (AWS General Reference, Signature Version 4). Signatures and
// sessions are judged on the real clock, because a client signs with its own; see Verifier.Shown.
//
// Presigned URLs and asymmetric signatures (SigV4A) are not taken.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"rekey/awssim/identity"
	"rekey/awssim/wire"
)

// MaxSkew is how far a signature's time may be from the real time.
const MaxSkew = 15 * time.Minute

const algorithm = "AWS4-HMAC-SHA256"

// Credential is an access key with whose it is.
type Credential struct {
	Principal identity.Principal
	Secret    string
	// Token is the session token that must come with the key, empty for users' keys.
	Token string
	// Expires is real; zero means never.
	Expires time.Time
}

// Credentials finds access keys.
type Credentials interface {
	Credential(accessKeyID string) (Credential, bool)
}

// Verifier checks requests.
type Verifier struct {
	Credentials Credentials
	// Now is the real time.
	Now func() time.Time
	// Shown says whether an instant may be a client's idea of the time besides Now, nil for none. Clients such
	// as the AWS SDK for Go correct their clocks by the Date of the last answer (clock skew correction,
	// aws/retry/middleware.go), which here is the simulated one, so what that clock has shown counts too.
	Shown func(t time.Time, slack time.Duration) bool
}

// Identified is a request whose signature holds.
type Identified struct {
	Principal       identity.Principal
	Region, Service string
	// Body is the payload, freed from the chunks in which S3 clients stream it.
	Body []byte
	// Trailer holds the headers behind a chunked payload.
	Trailer http.Header
}

// Error says why a request isn't taken.
type Error struct {
	Failure wire.Failure
	Message string
	// Service is the one that the request was signed for, as far as that could be read.
	Service string
}

func (e *Error) Error() string { return e.Message }

// Verify checks a request whose body has been read.
func (v *Verifier) Verify(r *http.Request, body []byte) (Identified, *Error) {
	a, fail := parseAuthorization(r)
	if fail != nil {
		return Identified{}, fail
	}
	id, failure, message := v.verify(r, a, body)
	if message != "" {
		return Identified{}, &Error{Failure: failure, Message: message, Service: a.service}
	}
	id.Region, id.Service = a.region, a.service
	return id, nil
}

func (v *Verifier) verify(r *http.Request, a authorization, body []byte) (Identified, wire.Failure, string) {
	if !v.fresh(a.time) {
		return Identified{}, wire.Skewed, "Signature expired: " + a.stamp + " is more than 15 minutes from now"
	}
	credential, ok := v.Credentials.Credential(a.accessKeyID)
	if !ok || !equal(credential.Token, r.Header.Get("X-Amz-Security-Token")) {
		return Identified{}, wire.UnknownKey, "The security token included in the request is invalid."
	}
	if !credential.Expires.IsZero() && !v.Now().Before(credential.Expires) {
		return Identified{}, wire.Expired, "The security token included in the request is expired"
	}
	payload := payloadHash(r, a.service, body)
	key := signingKey(credential.Secret, a)
	want := sign(key, stringToSign(a, canonicalRequest(r, a, payload)))
	if !equal(want, a.signature) {
		return Identified{}, wire.BadSignature,
			"The request signature we calculated does not match the signature you provided. Check your key and signing method."
	}
	id := Identified{Principal: credential.Principal, Body: body}
	if !strings.HasPrefix(payload, "STREAMING-") {
		if payload != unsigned && payload != hash(body) {
			return Identified{}, wire.BadPayload, "The provided 'x-amz-content-sha256' header does not match what was computed."
		}
		return id, 0, ""
	}
	chunks := chunked{auth: a, key: key, previous: a.signature, payload: payload}
	if err := chunks.decode(body); err != nil {
		return Identified{}, err.failure, err.message
	}
	id.Body, id.Trailer = chunks.out, chunks.trailer
	return id, 0, ""
}

// fresh says whether a signature's time is close enough to now.
func (v *Verifier) fresh(t time.Time) bool {
	if v.Now().Sub(t).Abs() <= MaxSkew {
		return true
	}
	return v.Shown != nil && v.Shown(t, MaxSkew)
}

// unsigned is the payload hash of a body that the signature leaves out; S3 alone takes it.
const unsigned = "UNSIGNED-PAYLOAD"

// payloadHash is what stands for the body in the canonical request: S3 clients say it, for the others it is
// the hash.
func payloadHash(r *http.Request, service string, body []byte) string {
	said := r.Header.Get("X-Amz-Content-Sha256")
	if said != "" && service == "s3" {
		return said
	}
	return hash(body)
}

// authorization is an Authorization header, read.
type authorization struct {
	accessKeyID, date, region, service string
	headers                            []string
	signature                          string
	stamp                              string
	time                               time.Time
}

func (a authorization) scope() string {
	return a.date + "/" + a.region + "/" + a.service + "/aws4_request"
}

func parseAuthorization(r *http.Request) (authorization, *Error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return authorization{}, &Error{Failure: wire.MissingToken, Message: "Missing Authentication Token"}
	}
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	malformed := func(message string) *Error { return &Error{Failure: wire.Malformed, Message: message} }
	if !ok {
		return authorization{}, malformed("Authorization is not " + algorithm)
	}
	var a authorization
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) != 5 || scope[4] != "aws4_request" {
				return a, malformed("Credential is not key/date/region/service/aws4_request")
			}
			a.accessKeyID, a.date, a.region, a.service = scope[0], scope[1], scope[2], scope[3]
		case "SignedHeaders":
			a.headers = strings.Split(value, ";")
		case "Signature":
			a.signature = value
		}
	}
	if a.accessKeyID == "" || len(a.headers) == 0 || a.signature == "" {
		return a, malformed("Authorization requires Credential, SignedHeaders and Signature")
	}
	return a, a.readTime(r)
}

func (a *authorization) readTime(r *http.Request) *Error {
	a.stamp = r.Header.Get("X-Amz-Date")
	var err error
	if a.stamp != "" {
		a.time, err = time.Parse("20060102T150405Z", a.stamp)
	} else if a.time, err = http.ParseTime(r.Header.Get("Date")); err == nil {
		a.stamp = a.time.UTC().Format("20060102T150405Z")
	}
	if err != nil || !strings.HasPrefix(a.stamp, a.date) || a.date == "" {
		return &Error{Failure: wire.Malformed, Message: "the request's date is missing or not the credential's", Service: a.service}
	}
	return nil
}

func stringToSign(a authorization, canonical string) string {
	return algorithm + "\n" + a.stamp + "\n" + a.scope() + "\n" + hash([]byte(canonical))
}

func signingKey(secret string, a authorization) []byte {
	key := mac([]byte("AWS4"+secret), a.date)
	key = mac(key, a.region)
	key = mac(key, a.service)
	return mac(key, "aws4_request")
}

func sign(key []byte, text string) string { return hex.EncodeToString(mac(key, text)) }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }
