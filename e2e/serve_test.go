package e2e

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"rekey/service"
)

// runPrice is what a run of a canary costs in the tests' worlds, in US dollars.
const runPrice = 0.0012

// serve runs the gRPC server until the test ends.
func serve(t *testing.T, c client.Client, scale float64, listener net.Listener) {
	t.Helper()
	serveAs(t, service.Config{
		Workflows: service.NewTemporal(c, "default"), TimeScale: scale, RunPriceUSD: runPrice, Log: slog.New(slog.DiscardHandler),
	}, listener)
}

// serveAs runs the gRPC server with that configuration until the test ends. A worker has more time to answer than in production: here it
// shares two cores with everything else.
func serveAs(t *testing.T, config service.Config, listener net.Listener) {
	t.Helper()
	config.QueryTimeout, config.UpdateTimeout = 20*time.Second, 40*time.Second
	s, err := service.New(config)
	if err != nil {
		t.Fatalf("server: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
	})
}
