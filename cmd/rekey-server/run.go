package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"go.temporal.io/sdk/client"

	"rekey/service"
)

// settings is all that a server is started with.
type settings struct {
	out          io.Writer // of the ready line
	logger       *slog.Logger
	listen       string
	tls          *tls.Config // nil: plaintext
	timeScale    float64
	queryTimeout time.Duration
	temporal     client.Options
}

// run serves until the context ends.
func run(ctx context.Context, s settings) error {
	listener, err := listen(ctx, s.listen, s.tls != nil)
	if err != nil {
		return err
	}
	defer listener.Close()
	temporal, err := client.NewLazyClient(s.temporal)
	if err != nil {
		return fmt.Errorf("the client of Temporal: %w", err)
	}
	defer temporal.Close()
	namespace := cmp.Or(s.temporal.Namespace, client.DefaultNamespace)
	server, err := service.New(service.Config{
		Workflows:    service.NewTemporal(temporal, namespace),
		Log:          s.logger,
		TLS:          s.tls,
		TimeScale:    s.timeScale,
		QueryTimeout: s.queryTimeout,
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out, "rekey-server is ready on %s (%s)\n", listener.Addr(), reach(s.tls != nil)); err != nil {
		return err
	}
	s.logger.Info("server is ready", "address", listener.Addr().String(), "tls", s.tls != nil,
		"temporal", cmp.Or(s.temporal.HostPort, client.DefaultHostPort), "namespace", namespace, "time_scale", s.timeScale)
	err = server.Run(ctx, listener)
	s.logger.Info("server has stopped")
	return err
}

// reach says who can call the server.
func reach(secured bool) string {
	if secured {
		return "TLS"
	}
	return "plaintext, from this machine only"
}

// listen takes an address that plaintext may be spoken on: there is no authentication, so without TLS only the
// machine itself may reach the server.
func listen(ctx context.Context, address string, secured bool) (net.Listener, error) {
	// What was looked at is what is listened on: a name could resolve to another address the second time.
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w", address, err)
	}
	if !secured && !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("listen address %q can be reached from other machines, and TLS is not configured: "+
			"give --tls-cert and --tls-key, or listen on a loopback address such as 127.0.0.1:%d", address, cmp.Or(resolved.Port, 9090))
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", resolved.String())
}
