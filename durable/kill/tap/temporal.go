package tap

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"rekey/durable/kill/point"
	"rekey/internal/stack"
)

// maxMessage is the most bytes of a message, which is Temporal's own bound of a gRPC message and more than it ever sends.
const maxMessage = 64 << 20

// Temporal stands between a process and the Temporal server.
type Temporal struct {
	by      string
	reader  *point.Reader
	watcher Watcher
	server  *grpc.ClientConn
	address string

	mu   sync.Mutex
	grpc *grpc.Server
}

// NewTemporal listens for a process, by its name, and passes on to the Temporal server at an address, which need not answer
// yet.
func NewTemporal(ctx context.Context, by, server string, r *point.Reader, w Watcher) (*Temporal, error) {
	// Temporal comes back at once when it was killed: what is passed on must not wait for gRPC's two minutes.
	soon := backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.5, MaxDelay: 250 * time.Millisecond}
	conn, err := grpc.NewClient("passthrough:///"+server, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: soon, MinConnectTimeout: time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)))
	if err != nil {
		return nil, fmt.Errorf("client of Temporal at %s: %w", server, err)
	}
	t := &Temporal{by: by, reader: r, watcher: w, server: conn}
	listener, err := stack.Listen(ctx)
	if err != nil {
		return nil, err
	}
	t.address = listener.Addr().String()
	return t, t.serve(listener)
}

// Address is where the process reaches Temporal.
func (t *Temporal) Address() string { return t.address }

// Rise listens, where it listened before.
func (t *Temporal) Rise(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", t.address)
	if err != nil {
		return fmt.Errorf("between %s and Temporal: %w", t.by, err)
	}
	return t.serve(listener)
}

func (t *Temporal) serve(listener net.Listener) error {
	service, err := proxy.NewWorkflowServiceProxyServer(proxy.WorkflowServiceProxyOptions{
		Client: workflowservice.NewWorkflowServiceClient(t.server),
	})
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(t.intercept), grpc.MaxRecvMsgSize(maxMessage),
		// As Temporal's own frontend: its clients ask every half minute whether it is there.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}))
	workflowservice.RegisterWorkflowServiceServer(server, service)
	operatorservice.RegisterOperatorServiceServer(server, operator{client: operatorservice.NewOperatorServiceClient(t.server)})
	healthpb.RegisterHealthServer(server, health{client: healthpb.NewHealthClient(t.server)})
	t.mu.Lock()
	t.grpc = server
	t.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // it ends when it falls
	return nil
}

// Fall breaks all connections and listens no more, as Temporal does that was killed.
func (t *Temporal) Fall() {
	t.mu.Lock()
	server := t.grpc
	t.mu.Unlock()
	server.Stop()
}

// Close falls for good.
func (t *Temporal) Close() {
	t.Fall()
	_ = t.server.Close() // nobody is left whom it could serve
}

// intercept tells of the points of a call.
func (t *Temporal) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := t.reached(ctx, t.reader.Before(request)); err != nil {
		return nil, err
	}
	answer, err := handle(ctx, request)
	if err != nil {
		return nil, err
	}
	return answer, t.reached(ctx, t.reader.After(request, answer))
}

func (t *Temporal) reached(ctx context.Context, events []point.Event) error {
	for _, e := range events {
		if err := t.watcher.Reached(ctx, t.by, e); err != nil {
			return status.Error(codes.Unavailable, err.Error())
		}
	}
	return nil
}

// operator passes on what the server asks of Temporal's operator service.
type operator struct {
	operatorservice.UnimplementedOperatorServiceServer
	client operatorservice.OperatorServiceClient
}

// AddSearchAttributes implements operatorservice.OperatorServiceServer.
func (o operator) AddSearchAttributes(ctx context.Context, in *operatorservice.AddSearchAttributesRequest) (*operatorservice.AddSearchAttributesResponse, error) {
	return o.client.AddSearchAttributes(ctx, in)
}

// health passes on the question whether Temporal serves.
type health struct {
	healthpb.UnimplementedHealthServer
	client healthpb.HealthClient
}

// Check implements healthpb.HealthServer.
func (h health) Check(ctx context.Context, in *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return h.client.Check(ctx, in)
}
