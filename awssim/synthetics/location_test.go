package synthetics

import (
	"strings"
	"testing"
	"time"
)

func TestParseLocation(t *testing.T) {
	cases := map[string]struct{ text, bucket, key string }{
		"bucket alone":            {"s3://artifacts", "artifacts", "x"},
		"trailing slash is shown": {"s3://artifacts/", "artifacts", "x"},
		"prefix":                  {"s3://artifacts/canary/eu", "artifacts", "canary/eu/x"},
		"prefix with slash":       {"s3://artifacts/canary/", "artifacts", "canary/x"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			l, err := parseLocation(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if l.bucket != c.bucket || l.key("x") != c.key || "s3://"+l.text != c.text {
				t.Errorf("parseLocation(%q) = %+v", c.text, l)
			}
		})
	}
	for _, bad := range []string{"", "artifacts", "s3://", "s3://my.bucket/x", "s3://UP/x", "s3://a//x", "s3://" + strings.Repeat("a", 1024)} {
		if l, err := parseLocation(bad); err == nil {
			t.Errorf("parseLocation(%q) = %+v, want an error", bad, l)
		}
	}
}

func TestRunFolder(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 8, 7, 45*int(time.Millisecond), time.UTC)
	if got := runFolder(at, ""); got != "2026/11/02/09/08-07-045" {
		t.Error(got)
	}
	if got := runFolder(at, "eu-west-1"); got != "2026/11/02/09/eu-west-1/08-07-045" {
		t.Error(got)
	}
}

func FuzzParseLocation(f *testing.F) {
	for _, s := range []string{"s3://artifacts/canary", "s3://artifacts/", "s3://a.b/c", "s3://abc//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parseLocation(text)
		if err != nil {
			return
		}
		if "s3://"+l.text != text {
			t.Fatalf("%q is shown as %q", text, l.text)
		}
		if k := l.key("x"); strings.HasPrefix(k, "/") || strings.Contains(k, "//") {
			t.Fatalf("%q gives the key %q", text, k)
		}
	})
}
