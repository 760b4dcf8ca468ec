package profile

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// TestRefusedAddresses makes sure that nobody beyond the machine can take a profile by a slip.
func TestRefusedAddresses(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for name, address := range map[string]string{
		"every interface": ":6060", "every interface, by number": "0.0.0.0:6060", "another's": "192.0.2.1:6060",
		"a name, which may lead anywhere": "localhost:6060", "no port": "127.0.0.1", "taken": taken.Addr().String(),
	} {
		if err := Serve(t.Context(), address); err == nil {
			t.Errorf("%s: %q is served", name, address)
		}
	}
	if err := Serve(t.Context(), ""); err != nil {
		t.Errorf("without an address: %v", err)
	}
}

// TestServe asks for a profile, and for none when the program has ended.
func TestServe(t *testing.T) {
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := Serve(ctx, address); err != nil {
		t.Fatal(err)
	}
	get := func() error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/debug/pprof/heap", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("the heap's profile: %s, %s", response.Status, response.Header.Get("Content-Type"))
		}
		return response.Body.Close()
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for get() == nil { // the server closes on a goroutine of its own
	}
}
