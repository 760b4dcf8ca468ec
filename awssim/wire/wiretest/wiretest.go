// Package wiretest reads the request snapshots that the AWS SDK's modules carry (request_snapshot), so that the
// simulated services can be shown every operation's request with all its members.
//
//	for name, c := range wiretest.Snapshots(t, "kms") { ... s.Operation(c) == name ... }
package wiretest

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rekey/awssim/wire"
)

// Snapshot is the request that the SDK's client of a service (kms, s3, ...) makes for an operation when every
// member is set, as an unsigned call. It is skipped when the module carries none.
func Snapshot(tb testing.TB, service, operation string) *wire.Call {
	tb.Helper()
	out, err := exec.CommandContext(tb.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/"+service).Output()
	if err != nil {
		tb.Fatalf("finding the module of %s: %v", service, err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "request_snapshot", operation+".request.snap"))
	if os.IsNotExist(err) {
		tb.Skipf("the module of %s has no snapshot of %s", service, operation)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return parse(tb, string(text))
}

// parse reads "METHOD target", headers and body, with empty lines between them.
func parse(tb testing.TB, text string) *wire.Call {
	tb.Helper()
	parts := strings.SplitN(text, "\n\n", 3)
	method, target, ok := strings.Cut(parts[0], " ")
	if !ok || len(parts) < 2 {
		tb.Fatalf("not a request snapshot: %.100q", text)
	}
	u, err := url.ParseRequestURI(strings.TrimSpace(target))
	if err != nil {
		tb.Fatal(err)
	}
	c := &wire.Call{HTTP: &http.Request{Method: method, URL: u, Header: http.Header{}}}
	for line := range strings.SplitSeq(parts[1], "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			c.HTTP.Header.Add(name, value)
		}
	}
	if len(parts) == 3 {
		c.Body = []byte(parts[2])
	}
	return c
}
