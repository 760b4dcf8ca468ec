package sigv4_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"rekey/awssim/identity"
	"rekey/awssim/sigv4"
	"rekey/awssim/wire"
)

// The credentials and instants of AWS's examples: the Signature Version 4 test suite, and the Amazon S3 API
// Reference, "Signature calculations for the Authorization header".
const (
	suiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	s3Secret    = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

type keys struct{}

func (keys) Credential(id string) (sigv4.Credential, bool) {
	secret, ok := map[string]string{"AKIDEXAMPLE": suiteSecret, "AKIAIOSFODNN7EXAMPLE": s3Secret}[id]
	return sigv4.Credential{Principal: identity.Root("111111111111"), Secret: secret}, ok
}

func verifier(now string) *sigv4.Verifier {
	at, err := time.Parse("20060102T150405Z", now)
	if err != nil {
		panic(err)
	}
	return &sigv4.Verifier{Credentials: keys{}, Now: func() time.Time { return at }}
}

// request reads a request as a server does.
func request(t *testing.T, text string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const suiteAuth = "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "

const s3Auth = "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestVerifyTakesAWSsExamples(t *testing.T) {
	tests := map[string]struct{ now, request, body string }{
		"get-vanilla": {"20150830T123600Z", "GET / HTTP/1.1\nHost:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n" +
			suiteAuth + "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
		"get-vanilla-query-order-key-case": {"20150830T123600Z", "GET /?Param2=value2&Param1=value1 HTTP/1.1\nHost:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n" +
			suiteAuth + "SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", ""},
		"post-vanilla": {"20150830T123600Z", "POST / HTTP/1.1\nHost:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n" +
			suiteAuth + "SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", ""},
		"S3 GET Object": {"20130524T000000Z", "GET /test.txt HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nRange: bytes=0-9\nx-amz-content-sha256: " + emptyHash + "\nx-amz-date: 20130524T000000Z\n" +
			s3Auth + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", ""},
		"S3 PUT Object": {"20130524T000000Z", "PUT /test%24file.text HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nDate: Fri, 24 May 2013 00:00:00 GMT\nx-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\nx-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n" +
			s3Auth + "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd", "Welcome to Amazon S3."},
		"S3 GET Bucket Lifecycle": {"20130524T000000Z", "GET /?lifecycle HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nx-amz-date: 20130524T000000Z\nx-amz-content-sha256: " + emptyHash + "\n" +
			s3Auth + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", ""},
		"S3 GET Bucket": {"20130524T000000Z", "GET /?max-keys=2&prefix=J HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nx-amz-date: 20130524T000000Z\nx-amz-content-sha256: " + emptyHash + "\n" +
			s3Auth + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			id, fail := verifier(tt.now).Verify(request(t, tt.request), []byte(tt.body))
			if fail != nil {
				t.Fatal(fail)
			}
			if id.Principal != identity.Root("111111111111") || id.Region != "us-east-1" || string(id.Body) != tt.body {
				t.Errorf("%+v", id)
			}
		})
	}
}

// The example of the Amazon S3 API Reference, "Transferring payload in multiple chunks": 65 KB of "a" in chunks
// of 64 KB.
const chunkedRequest = "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\nx-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\n" +
	"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\nContent-Encoding: aws-chunked\nx-amz-decoded-content-length: 66560\nContent-Length: 66824\n" +
	s3Auth + "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"

func chunkedBody(last string) []byte {
	return []byte("10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + strings.Repeat("a", 65536) + "\r\n" +
		"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + strings.Repeat("a", 1024) + "\r\n" +
		"0;chunk-signature=" + last + "\r\n\r\n")
}

func TestVerifyTakesSignedChunks(t *testing.T) {
	v := verifier("20130524T000000Z")
	id, fail := v.Verify(request(t, chunkedRequest), chunkedBody("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"))
	if fail != nil {
		t.Fatal(fail)
	}
	if string(id.Body) != strings.Repeat("a", 66560) {
		t.Errorf("the body has %d bytes", len(id.Body))
	}
	_, fail = v.Verify(request(t, chunkedRequest), chunkedBody(strings.Repeat("0", 64)))
	if fail == nil || fail.Failure != wire.BadSignature {
		t.Errorf("another last signature: %v", fail)
	}
}

func TestVerifyRefuses(t *testing.T) {
	good := "GET / HTTP/1.1\nHost:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n" +
		suiteAuth + "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
	const now = "20150830T123600Z"
	tests := map[string]struct {
		now, from, to, body string
		want                wire.Failure
	}{
		"no signature":      {now, "Authorization", "X-Authorization", "", wire.MissingToken},
		"another algorithm": {now, "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "", wire.Malformed},
		"a short scope":     {now, "/aws4_request", "", "", wire.Malformed},
		"another date":      {now, "/20150830/", "/20150831/", "", wire.Malformed},
		"another path":      {now, "GET / ", "GET /x ", "", wire.BadSignature},
		"another header":    {now, "example.amazonaws.com", "example.com", "", wire.BadSignature},
		"another Region":    {now, "us-east-1", "us-east-2", "", wire.BadSignature},
		"a body":            {now, "", "", "x", wire.BadSignature},
		"a stranger":        {now, "AKIDEXAMPLE", "AKIDNONE", "", wire.UnknownKey},
		"a token too many":  {now, "Host:", "X-Amz-Security-Token:t\nHost:", "", wire.UnknownKey},
		"16 minutes ago":    {"20150830T125200Z", "", "", "", wire.Skewed},
		"16 minutes ahead":  {"20150830T122000Z", "", "", "", wire.Skewed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, fail := verifier(tt.now).Verify(request(t, strings.Replace(good, tt.from, tt.to, 1)), []byte(tt.body))
			if fail == nil || fail.Failure != tt.want {
				t.Errorf("failure %+v, want %d", fail, tt.want)
			}
		})
	}
}

func TestVerifyTakesATimeThatAClockHasShown(t *testing.T) {
	v := verifier("20300101T000000Z")
	r := "GET / HTTP/1.1\nHost:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n" +
		suiteAuth + "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
	for _, shown := range []bool{true, false} {
		v.Shown = func(time.Time, time.Duration) bool { return shown }
		if _, fail := v.Verify(request(t, r), nil); (fail == nil) != shown {
			t.Errorf("shown %t: %v", shown, fail)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0", "/a%zz?b&=c", "0\r\n\r\n")
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request,SignedHeaders=,Signature=", "/", "10;chunk-signature=\r\n")
	f.Fuzz(func(t *testing.T, auth, target, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://host", nil)
		if err != nil {
			t.Skip()
		}
		path, query, _ := strings.Cut(target, "?")
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("Authorization", auth)
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
		if _, fail := verifier("20150830T123600Z").Verify(r, []byte(body)); fail == nil {
			t.Errorf("%q was taken", auth)
		}
	})
}
