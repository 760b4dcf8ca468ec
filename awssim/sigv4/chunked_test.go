package sigv4

import (
	"strings"
	"testing"

	"rekey/awssim/wire"
)

func TestDecodeUnsignedChunks(t *testing.T) {
	c := chunked{payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
	if err := c.decode([]byte("5\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n")); err != nil {
		t.Fatal(err.message)
	}
	if string(c.out) != "hello!" || c.trailer.Get("X-Amz-Checksum-Crc32") != "abc=" {
		t.Errorf("%q with %v", c.out, c.trailer)
	}
	for _, bad := range []string{"", "5\r\nhell", "z\r\n", "5\r\nhelloX0\r\n", "0\r\nno colon\r\n", "-1\r\n", "ffffffffffffffffff\r\n"} {
		c := chunked{payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
		if err := c.decode([]byte(bad)); err == nil || err.failure != wire.BadPayload {
			t.Errorf("%q was taken for %q", bad, c.out)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("5\r\nhello\r\n0\r\n\r\n", false)
	f.Add("5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\nx-amz-trailer-signature:0\r\n\r\n", true)
	f.Fuzz(func(t *testing.T, body string, signed bool) {
		c := chunked{payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
		if signed {
			c.payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
		}
		if err := c.decode([]byte(body)); err == nil && (signed || !strings.Contains(body, string(c.out)) && len(c.out) > len(body)) {
			t.Errorf("%q was taken for %q", body, c.out)
		}
	})
}
