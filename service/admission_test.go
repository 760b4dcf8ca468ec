package service_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// stuck is a Temporal that keeps listings waiting, whether their callers still want them or not.
type stuck struct {
	*servicetest.Fake
	entered chan context.Context // each listing's, as it begins
	release chan struct{}
}

func newStuck() *stuck {
	return &stuck{servicetest.NewFake(), make(chan context.Context, 100), make(chan struct{})}
}

// Migrations answers when it is released.
func (s *stuck) Migrations(ctx context.Context, listing service.Listing) (service.Page, error) {
	s.entered <- ctx
	<-s.release
	return s.Fake.Migrations(ctx, listing)
}

func listing(ctx context.Context, h *servicetest.Harness) error {
	_, err := h.Client.ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{})
	return err
}

// fill takes every slot of those that read.
func (s *stuck) fill(t *testing.T, h *servicetest.Harness, slots int) (done *sync.WaitGroup) {
	t.Helper()
	done = &sync.WaitGroup{}
	for range slots {
		done.Go(func() {
			if err := listing(t.Context(), h); err != nil {
				t.Errorf("a call that was let in ended with %v", err)
			}
		})
		<-s.entered
	}
	return done
}

// wantOverload checks that a call was turned away, and told when to come again.
func wantOverload(t *testing.T, err error, metadata map[string]string) {
	t.Helper()
	wantError(t, err, wanted{codes.ResourceExhausted, "SERVER_OVERLOADED", metadata})
	if retry := detail[*errdetails.RetryInfo](status.Convert(err)); retry.GetRetryDelay().AsDuration() <= 0 {
		t.Errorf("%v says not when to retry", err)
	}
}

// TestReadsLeaveRoomForOthers: however many read, a migration can be paused, created and watched, and whoever asks whether
// the server is well is told.
func TestReadsLeaveRoomForOthers(t *testing.T) {
	temporal := newStuck()
	h := servicetest.New(t, service.Config{Workflows: temporal, MaxCalls: 8, PollInterval: time.Hour})
	done := temporal.fill(t, h, 8)
	for range 10 {
		wantOverload(t, listing(t.Context(), h), map[string]string{"limit": "8", "of": "calls that read"})
	}
	created, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: servicetest.Spec()})
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetMigration().GetId()
	receive(t, watch(t, h, id, ""))
	if _, err := h.Client.CancelMigration(t.Context(), &rekeyv1.CancelMigrationRequest{MigrationId: id}); err != nil {
		t.Error(err)
	}
	if _, err := healthv1.NewHealthClient(h.Conn).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Error(err)
	}
	close(temporal.release)
	done.Wait()
	eventually(t, func() error { return listing(t.Context(), h) }) // there is room again
}

// eventually calls until it is not turned away. A slot is free a moment after the caller has its answer.
func eventually(t *testing.T, call func() error) {
	t.Helper()
	for t.Context().Err() == nil {
		err := call()
		if err == nil {
			return
		}
		if status.Code(err) != codes.ResourceExhausted {
			t.Fatal(err)
		}
	}
}

// TestWhoGivesUpHoldsItsSlot: as long as the server works for somebody who has gone, nobody else gets the slot, or callers who
// give up at once would have any number of handlers run.
func TestWhoGivesUpHoldsItsSlot(t *testing.T) {
	temporal := newStuck()
	h := servicetest.New(t, service.Config{Workflows: temporal, MaxCalls: 1})
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- listing(ctx, h) }()
	handler := <-temporal.entered
	giveUp()
	if err := <-gone; status.Code(err) != codes.Canceled {
		t.Errorf("the call ended with %v", err)
	}
	<-handler.Done() // the server knows
	wantOverload(t, listing(t.Context(), h), nil)
	close(temporal.release)
	eventually(t, func() error { return listing(t.Context(), h) })
}

// TestCallsEndInTime: a caller may wait for ever, but the server does not: neither for an answer nor for a request.
func TestCallsEndInTime(t *testing.T) {
	server := &grpc.StreamDesc{ServerStreams: true}
	silent := func(method string) func(context.Context, *servicetest.Harness) error {
		return func(ctx context.Context, h *servicetest.Harness) error {
			s, err := h.Conn.NewStream(ctx, server, method)
			if err != nil {
				return err
			}
			return s.RecvMsg(&rekeyv1.WatchMigrationResponse{})
		}
	}
	for reason, call := range map[string]func(context.Context, *servicetest.Harness) error{
		"an answer does not come":            listing,
		"a request does not come":            silent(rekeyv1.MigrationService_GetMigration_FullMethodName),
		"the request of a watch, the same":   silent(rekeyv1.MigrationService_WatchMigration_FullMethodName),
		"nor one of a call that is not ours": silent(healthv1.Health_Check_FullMethodName),
		"nor a question of reflection":       silent(reflectionv1.ServerReflection_ServerReflectionInfo_FullMethodName),
	} {
		t.Run(reason, func(t *testing.T) {
			temporal := newStuck()
			h := servicetest.New(t, service.Config{Workflows: waiting{temporal}, CallTimeout: time.Millisecond})
			if err := call(t.Context(), h); status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// TestWhoseTimeIsOverIsToldSo, and not that there is no worker: a caller in a hurry would send for somebody.
func TestWhoseTimeIsOverIsToldSo(t *testing.T) {
	h := servicetest.New(t, service.Config{Workflows: late{servicetest.NewFake()}, CallTimeout: time.Millisecond})
	_, err := h.Client.GetCanary(t.Context(), &rekeyv1.GetCanaryRequest{
		MigrationId: unknownID, AccountId: "111111111111", Region: "eu-west-1", CanaryName: "checkout",
	})
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("it ended with %v", err)
	}
}

// late is a Temporal whose workers answer no question in time.
type late struct{ *servicetest.Fake }

// Canary does not answer.
func (late) Canary(ctx context.Context, _ string, _ workflows.Cell, _ string) (*workflows.Canary, error) {
	<-ctx.Done()
	return nil, service.ErrNoWorker
}

// waiting is a Temporal whose listings wait until nobody wants them.
type waiting struct{ *stuck }

// Migrations does not answer.
func (waiting) Migrations(ctx context.Context, _ service.Listing) (service.Page, error) {
	<-ctx.Done()
	return service.Page{}, ctx.Err()
}

func TestWatchesAreBounded(t *testing.T) {
	tests := map[string]struct {
		config   service.Config
		reason   string
		metadata map[string]string
	}{
		"of all callers": {service.Config{MaxWatches: 2}, "SERVER_OVERLOADED", map[string]string{"limit": "2", "of": "watches"}},
		"of one":         {service.Config{WatchesPerCaller: 2}, "RATE_LIMITED", map[string]string{"caller": "", "limit": "2 watches at a time"}},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			test.config.PollInterval = time.Hour
			h := servicetest.New(t, test.config)
			id := create(t, h)
			ctx, end := context.WithCancel(t.Context())
			for range 2 {
				s, err := h.Client.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: id})
				if err != nil {
					t.Fatal(err)
				}
				receive(t, s)
			}
			_, err := watch(t, h, id, "").Recv()
			wantError(t, err, wanted{codes.ResourceExhausted, test.reason, test.metadata})
			end()
			eventually(t, func() error {
				_, err := watch(t, h, id, "").Recv()
				return err
			})
		})
	}
}

// TestEveryConnectionMayWatchHealth: a client that asks for health in this way calls nothing while it is not told.
func TestEveryConnectionMayWatchHealth(t *testing.T) {
	h := servicetest.New(t, service.Config{MaxCalls: 1, MaxConnections: 3})
	follow := func() error {
		s, err := healthv1.NewHealthClient(h.Conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
		if err != nil {
			return err
		}
		_, err = s.Recv()
		return err
	}
	for range 3 {
		if err := follow(); err != nil {
			t.Error(err)
		}
	}
	wantOverload(t, follow(), map[string]string{"limit": "3", "of": "watches of health"})
}

// TestMetadataAreBounded: gRPC alone would take 16 MB of them for each call.
func TestMetadataAreBounded(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := create(t, h)
	for size, ok := range map[int]bool{1 << 10: true, 100 << 10: false} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-note", strings.Repeat("x", size))
		_, err := h.Client.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: id})
		if (err == nil) != ok {
			t.Errorf("%d bytes of metadata: %v", size, err)
		}
	}
}

// TestConnectionsAreBounded: one more connection waits until another is closed.
func TestConnectionsAreBounded(t *testing.T) {
	h := servicetest.New(t, service.Config{MaxConnections: 1})
	id := create(t, h)
	second := h.Dial(t)
	greeted := make(chan error)
	go func() {
		_, err := rekeyv1.NewMigrationServiceClient(second).GetMigration(t.Context(),
			&rekeyv1.GetMigrationRequest{MigrationId: id}, grpc.WaitForReady(true))
		greeted <- err
	}()
	for range 10 { // the first goes on meanwhile
		if err := listing(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-greeted:
		t.Fatalf("a second connection was served: %v", err)
	default:
	}
	if err := h.Conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-greeted; err != nil {
		t.Error(err)
	}
}
