package service_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/identity"
	"rekey/service/roles"
	"rekey/service/servicetest"
)

// serveTLS serves on loopback, and asks for certificates of an authority if there is one. It returns its address.
func serveTLS(t *testing.T, config service.Config, own *authority, clients *authority) string {
	t.Helper()
	config.TLS = &tls.Config{Certificates: []tls.Certificate{own.server(t)}, MinVersion: tls.VersionTLS12}
	if clients != nil {
		config.TLS.ClientCAs, config.TLS.ClientAuth = clients.pool(), tls.RequireAndVerifyClientCert
	}
	config.Workflows = servicetest.NewFake()
	s, err := service.New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// dial connects to a server, with certificates or without.
func dial(t *testing.T, address string, server *authority, own ...tls.Certificate) *grpc.ClientConn {
	t.Helper()
	creds := credentials.NewTLS(&tls.Config{RootCAs: server.pool(), Certificates: own, MinVersion: tls.VersionTLS12})
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// nobodyMay is a table that lets nobody of these tests do anything, so that every refusal names its caller.
func nobodyMay(t *testing.T) *roles.Table {
	t.Helper()
	table, err := roles.Parse([]byte(`rules: [{members: ["dns:someone.else"], roles: [reader], accounts: ["*"]}]`))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTheCertificateSaysWhoCalls(t *testing.T) {
	ca := newAuthority(t)
	address := serveTLS(t, service.Config{Roles: nobodyMay(t)}, ca, ca)
	tests := map[string]struct {
		holder x509.Certificate
		caller string
	}{
		"a URI":             {x509.Certificate{URIs: []*url.URL{uri(t, "spiffe://example.org/ann")}, DNSNames: []string{"ann.org"}}, "uri:spiffe://example.org/ann"},
		"a DNS name":        {x509.Certificate{DNSNames: []string{"ann.org"}, EmailAddresses: []string{"ann@example.org"}}, "dns:ann.org"},
		"an e-mail address": {x509.Certificate{EmailAddresses: []string{"ann@example.org"}}, "email:ann@example.org"},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			conn := dial(t, address, ca, ca.issue(t, test.holder))
			for _, claim := range []string{"", "dns:someone.else"} { // whatever the metadata say
				ctx := metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, claim)
				_, err := rekeyv1.NewMigrationServiceClient(conn).ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{})
				wantError(t, err, wanted{codes.PermissionDenied, "CALLER_ROLE_MISSING", map[string]string{"role": "reader", "caller": test.caller}})
			}
			reply, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
			if err != nil || reply.GetStatus() != healthv1.HealthCheckResponse_SERVING {
				t.Errorf("health, for which no role is needed: %v, %v", reply, err)
			}
		})
	}
}

func TestACertificateWithoutANameIsRefused(t *testing.T) {
	ca := newAuthority(t)
	address := serveTLS(t, service.Config{}, ca, ca)
	conn := dial(t, address, ca, ca.issue(t, x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}))
	ctx := metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, "ann")
	_, err := rekeyv1.NewMigrationServiceClient(conn).ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{})
	wantError(t, err, wanted{code: codes.Unauthenticated, reason: "CALLER_NOT_IDENTIFIED"})
	if !strings.Contains(status.Convert(err).Message(), "URI") {
		t.Errorf("%v does not say which certificate to use", err)
	}
	stream, err := rekeyv1.NewMigrationServiceClient(conn).WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: unknownID})
	if err == nil {
		_, err = stream.Recv()
	}
	wantError(t, err, wanted{code: codes.Unauthenticated, reason: "CALLER_NOT_IDENTIFIED"})
}

// TestNobodyConnectsWithoutAGoodCertificate shows that no call is answered, not even that for health.
func TestNobodyConnectsWithoutAGoodCertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	address := serveTLS(t, service.Config{}, ca, ca)
	named := x509.Certificate{DNSNames: []string{"ann.org"}}
	expired := named
	expired.NotAfter = time.Now().Add(-time.Minute)
	tests := map[string]struct {
		certificates []tls.Certificate
	}{
		"none":              {nil},
		"another authority": {[]tls.Certificate{other.issue(t, named)}},
		"expired":           {[]tls.Certificate{ca.issue(t, expired)}},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			conn := dial(t, address, ca, test.certificates...)
			_, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
			if status.Code(err) != codes.Unavailable {
				t.Errorf("health answers %v, want no connection", err)
			}
			_, err = rekeyv1.NewMigrationServiceClient(conn).ListMigrations(t.Context(), &rekeyv1.ListMigrationsRequest{})
			if status.Code(err) != codes.Unavailable {
				t.Errorf("a call is answered with %v, want no connection", err)
			}
		})
	}
	conn := dial(t, address, ca, ca.issue(t, named)) // the same with a good one
	if _, err := rekeyv1.NewMigrationServiceClient(conn).ListMigrations(t.Context(), &rekeyv1.ListMigrationsRequest{}); err != nil {
		t.Errorf("a good certificate: %v", err)
	}
}

// TestAClaimedNameOpensNothing shows that over TLS without client certificates nobody becomes a member by saying so.
func TestAClaimedNameOpensNothing(t *testing.T) {
	ca := newAuthority(t)
	conn := dial(t, serveTLS(t, service.Config{Roles: nobodyMay(t)}, ca, nil), ca)
	ctx := metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, "dns:someone.else")
	_, err := rekeyv1.NewMigrationServiceClient(conn).ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{})
	wantError(t, err, wanted{codes.PermissionDenied, "CALLER_ROLE_MISSING", map[string]string{"role": "reader", "caller": "dns:someone.else"}})
}

func TestABadNameIsRefused(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	ctx := metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, strings.Repeat("a", identity.MaxName+1))
	_, err := h.Client.ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{})
	wantError(t, err, wanted{codes.InvalidArgument, "INVALID_FIELD", map[string]string{"field": "rekey-caller", "constraint": "name"}})
}

func TestTheLogNamesTheCaller(t *testing.T) {
	log := &record{}
	h := servicetest.New(t, service.Config{Log: slog.New(slog.NewTextHandler(log, nil))})
	ctx := metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, "ann")
	if _, err := h.Client.ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{}); err != nil {
		t.Fatal(err)
	}
	h.Stop()
	if !strings.Contains(log.String(), "caller=ann caller.verified=false") {
		t.Errorf("the log does not name the caller:\n%s", log)
	}
}
