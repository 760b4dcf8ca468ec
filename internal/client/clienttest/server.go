package clienttest

import (
	"context"
	"net"
	"sync"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Server answers every call from the samples, which the verbs change in the simplest way that shows what was asked.
type Server struct {
	rekeyv1.UnimplementedMigrationServiceServer
	rekeyv1.UnimplementedFleetServiceServer

	mu sync.Mutex
	// migrations are by id. guarded by mu.
	migrations map[string]*rekeyv1.Migration
	// broken counts the streams that were broken on purpose. guarded by mu.
	broken int
}

// Start serves on a free port of this machine until the test ends, and returns where.
func Start(tb testing.TB, options ...grpc.ServerOption) (endpoint string) {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{migrations: map[string]*rekeyv1.Migration{}}
	for _, id := range []string{Approval, Running, Paused, Baking, Done, Failed} {
		s.migrations[id] = Migration(id)
	}
	server := grpc.NewServer(append(options, grpc.UnaryInterceptor(check))...)
	rekeyv1.RegisterMigrationServiceServer(server, s)
	rekeyv1.RegisterFleetServiceServer(server, s)
	go func() { _ = server.Serve(listener) }()
	tb.Cleanup(server.Stop)
	return listener.Addr().String()
}

// check refuses requests that break constraints, as the service does, and callers that it does not know.
func check(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := protovalidate.Validate(request.(proto.Message)); err != nil {
		return nil, fail(codes.InvalidArgument, rekeyv1.ErrorReason_ERROR_REASON_INVALID_FIELD, err.Error(), map[string]string{"constraint": "some"})
	}
	if who(ctx).GetName() == "mallory" {
		return nil, fail(codes.PermissionDenied, rekeyv1.ErrorReason_ERROR_REASON_CALLER_ROLE_MISSING,
			"mallory has not the role reader. Ask for it.", map[string]string{"caller": "mallory", "role": "reader"})
	}
	return handle(ctx, request)
}

// who is the caller.
func who(ctx context.Context) *rekeyv1.Caller {
	if names := metadata.ValueFromIncomingContext(ctx, "rekey-caller"); len(names) > 0 {
		return &rekeyv1.Caller{Name: names[0]}
	}
	return &rekeyv1.Caller{}
}

// fail is a refusal as the service words it.
func fail(code codes.Code, reason rekeyv1.ErrorReason, message string, words map[string]string) error {
	st, err := status.New(code, message).WithDetails(&errdetails.ErrorInfo{
		Reason: reason.String()[len("ERROR_REASON_"):], Domain: "rekey.v1", Metadata: words,
	})
	if err != nil {
		return err
	}
	return st.Err()
}

// find is a migration, to be changed under the lock that the caller has.
func (s *Server) find(id string) (*rekeyv1.Migration, error) {
	if m, ok := s.migrations[id]; ok {
		return m, nil
	}
	return nil, fail(codes.NotFound, rekeyv1.ErrorReason_ERROR_REASON_MIGRATION_NOT_FOUND,
		"There is no migration "+id+", or its history has expired. List the migrations to find its id.", map[string]string{"migration_id": id})
}

// steer carries out a verb: it refuses it in other states than those given, leaves a line, and lets change do the rest.
func (s *Server) steer(
	ctx context.Context, id string, verb rekeyv1.ControlVerb, part *rekeyv1.Part, detail string, allowed string, change func(*rekeyv1.Migration) error,
) (*rekeyv1.Migration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.find(id)
	if err != nil {
		return nil, err
	}
	state := m.GetState().String()[len("MIGRATION_STATE_"):]
	if !containsWord(allowed, state) {
		return nil, fail(codes.FailedPrecondition, rekeyv1.ErrorReason_ERROR_REASON_WRONG_STATE,
			"Migration "+id+" is "+state+". Get it to see what it allows.", map[string]string{"migration_id": id, "state": state})
	}
	if err := change(m); err != nil {
		return nil, err
	}
	m.Controls = append(m.Controls, &rekeyv1.ControlRecord{
		Verb: verb, Caller: who(ctx), Time: At(60), FromState: state, Part: part, Detail: detail,
	})
	return proto.CloneOf(m), nil
}
