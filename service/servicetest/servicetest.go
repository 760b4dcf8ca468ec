// Package servicetest runs the whole service in a test, over an in-memory connection and with a fake of Temporal:
//
//	h := servicetest.New(t, service.Config{})
//	created, err := h.Client.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{Spec: servicetest.Spec()})
//	id := created.GetMigration().GetId()
//	h.Fake.Edit(id, func(v *workflows.MigrationView) { v.State = workflows.AwaitingApproval })
//	watch, err := h.Client.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: id})
//
// The fake is stateful: what is started can be asked, approved, cancelled, listed. TestWorkflows holds it, and the
// real thing, to the same behaviour.
package servicetest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
)

// Harness is a running service.
type Harness struct {
	// Client calls the service through the public door.
	Client rekeyv1.MigrationServiceClient
	// Conn is the client's connection, for health, reflection and raw requests.
	Conn *grpc.ClientConn
	// Fake is the Temporal behind the service.
	Fake *Fake
	// Stop stops the server and waits until it has stopped.
	Stop func()

	listener *bufconn.Listener
}

// New starts a service on a fake, or on Config.Workflows where a test brings its own. It stops with the test.
func New(tb testing.TB, config service.Config) *Harness {
	tb.Helper()
	fake := NewFake()
	if config.Workflows == nil {
		config.Workflows = fake
	}
	s, err := service.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	listener := bufconn.Listen(1 << 20)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx, listener) }()
	var result error
	stop := func() {
		cancel()
		if err, ok := <-stopped; ok {
			result = err
			close(stopped)
		}
	}
	tb.Cleanup(func() {
		stop()
		if result != nil {
			tb.Errorf("the server ended with %v", result)
		}
	})

	h := &Harness{Fake: fake, Stop: stop, listener: listener}
	h.Conn = h.Dial(tb)
	h.Client = rekeyv1.NewMigrationServiceClient(h.Conn)
	return h
}

// Dial opens another connection to the service. It is closed with the test.
func (h *Harness) Dial(tb testing.TB) *grpc.ClientConn {
	tb.Helper()
	conn, err := grpc.NewClient("passthrough:///bufconn",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return h.listener.DialContext(ctx) }))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Spec is a valid spec of two accounts and two Regions.
func Spec() *rekeyv1.MigrationSpec {
	return &rekeyv1.MigrationSpec{
		DisplayName: "all of production",
		Selection: &rekeyv1.Selection{
			AccountIds: []string{"222222222222", "111111111111"}, Regions: []string{"eu-west-1", "eu-central-1"},
		},
		Target: &rekeyv1.Target{
			Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS,
			KmsKeyArns: []string{
				"arn:aws:kms:eu-west-1:999999999999:key/11111111-2222-3333-4444-555555555555",
				"arn:aws:kms:eu-central-1:999999999999:key/66666666-7777-8888-9999-000000000000",
			},
		},
	}
}
