// Package profile lets a program be profiled while it runs, with "go tool pprof http://ADDRESS/debug/pprof/profile", by
// whoever is on its machine. It serves nothing unless it is asked to.
package profile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/urfave/cli/v3"
)

// Flag is the command line's flag for the address of Serve.
func Flag() cli.Flag {
	return &cli.StringFlag{
		Name: "pprof-address", Sources: cli.EnvVars("REKEY_PPROF_ADDRESS"), HideDefault: true,
		Usage: "loopback `ADDRESS` at which the program can be profiled, under /debug/pprof/ (default: none)",
	}
}

// Serve serves profiles until the context ends. The address must be one of the loopback interface: a profile shows memory,
// and taking one costs time, so neither is for callers. An empty address serves nothing.
func Serve(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("pprof-address: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return errors.New("pprof-address must be an IP address of the loopback interface with a port, such as 127.0.0.1:6060")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("pprof-address: %w", err)
	}
	server := &http.Server{Handler: handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends with the context
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return nil
}

// handler serves the profiles on a mux of its own, since another may be served to callers.
func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // with those that it lists
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
