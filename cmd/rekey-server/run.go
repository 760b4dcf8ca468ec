package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"

	"go.temporal.io/sdk/client"

	"rekey/internal/build"
	"rekey/internal/profile"
	"rekey/service"
)

// settings is all that a server is started with.
type settings struct {
	out      io.Writer // of the ready line
	listen   string
	profiles string         // the address at which it can be profiled; none when empty
	config   service.Config // all but Workflows
	temporal client.Options
}

// run serves until the context ends.
func run(ctx context.Context, s settings) error {
	if err := profile.Serve(ctx, s.profiles); err != nil {
		return err
	}
	config := s.config
	listener, err := listen(ctx, s.listen, config.TLS != nil)
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
	config.Workflows = service.NewTemporal(temporal, namespace)
	server, err := service.New(config)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out, "rekey-server is ready on %s (%s)\n", listener.Addr(), reach(config.TLS)); err != nil {
		return err
	}
	config.Log.Info("server is ready", "version", build.Version(), "address", listener.Addr().String(), "reach", reach(config.TLS),
		"roles", config.Roles != nil, "development", config.AnyName,
		"temporal", cmp.Or(s.temporal.HostPort, client.DefaultHostPort), "namespace", namespace, "time_scale", config.TimeScale)
	err = server.Run(ctx, listener)
	config.Log.Info("server has stopped")
	return err
}

// reach says who can call the server.
func reach(secured *tls.Config) string {
	switch {
	case secured == nil:
		return "plaintext, from this machine only"
	case secured.ClientAuth == tls.RequireAndVerifyClientCert:
		return "TLS, with a client certificate"
	}
	return "TLS"
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
