package service

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/service/roles"
	"rekey/workflows"
)

const (
	someMigration = "m-00000000000000000000"
	someAccount   = "111111111111"
)

// oneMigration is a Temporal with a migration of one account, which is all that authorization asks for.
type oneMigration struct{ Workflows }

// Migration returns it.
func (oneMigration) Migration(context.Context, string) (workflows.MigrationView, error) {
	return workflows.MigrationView{Spec: workflows.Spec{Accounts: []string{someAccount}}}, nil
}

// methods are the methods of every service of the API, whether or not it is served yet.
func methods() []protoreflect.MethodDescriptor {
	var list []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("rekey.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			of := file.Services().Get(i).Methods()
			for j := range of.Len() {
				list = append(list, of.Get(j))
			}
		}
		return true
	})
	return list
}

// roleOf is the role that the contract asks for: who may look, may do what has no side effects.
func roleOf(method protoreflect.MethodDescriptor) roles.Role {
	switch {
	case method.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS:
		return roles.Reader
	case method.Name() == "CreateMigration":
		return roles.Creator
	case method.Name() == "ApproveMigration":
		return roles.Approver
	}
	return roles.Operator
}

// requestOf is a valid request of a method: what it is about, and what else it requires.
func requestOf(method protoreflect.MethodDescriptor) proto.Message {
	selection := &rekeyv1.Selection{AccountIds: []string{someAccount}, Regions: []string{"eu-west-1"}}
	switch method.Name() {
	case "CreateMigration":
		target := &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3}
		return &rekeyv1.CreateMigrationRequest{Spec: &rekeyv1.MigrationSpec{Selection: selection, Target: target}}
	case "ApproveMigration":
		return &rekeyv1.ApproveMigrationRequest{MigrationId: someMigration, PlanDigest: strings.Repeat("a", 64)}
	case "UpdateRollout":
		return &rekeyv1.UpdateRolloutRequest{MigrationId: someMigration, NoBudget: true}
	case "GetCanary":
		return &rekeyv1.GetCanaryRequest{MigrationId: someMigration, AccountId: someAccount, Region: "eu-west-1", CanaryName: "a"}
	}
	request := dynamicpb.NewMessage(method.Input())
	if id := method.Input().Fields().ByName("migration_id"); id != nil {
		request.Set(id, protoreflect.ValueOfString(someMigration))
	}
	if selected := method.Input().Fields().ByName("selection"); selected != nil {
		request.Set(selected, protoreflect.ValueOfMessage(selection.ProtoReflect()))
	}
	return request
}

// guarded serves the whole API through the interceptors, with nothing behind them: who passes gets UNIMPLEMENTED.
func guarded(t *testing.T, config Config) *grpc.ClientConn {
	t.Helper()
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(s.options()...)
	rekeyv1.RegisterMigrationServiceServer(server, rekeyv1.UnimplementedMigrationServiceServer{})
	rekeyv1.RegisterFleetServiceServer(server, rekeyv1.UnimplementedFleetServiceServer{})
	listener := bufconn.Listen(1 << 20)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return conn
}

// call calls a method, and returns what it ended with.
func call(ctx context.Context, conn *grpc.ClientConn, method protoreflect.MethodDescriptor) error {
	name := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	reply := dynamicpb.NewMessage(method.Output())
	if !method.IsStreamingServer() {
		return conn.Invoke(ctx, name, requestOf(method), reply)
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, name)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(requestOf(method)); err != nil {
		return err
	}
	return stream.RecvMsg(reply)
}

// TestEveryCallNeedsItsRole calls every method of the API with each role, in every account and in the one at hand, and
// with none.
func TestEveryCallNeedsItsRole(t *testing.T) {
	for _, accounts := range []string{roles.Anywhere, someAccount} {
		table := "rules:\n"
		for _, role := range roles.All() {
			table += fmt.Sprintf("  - {members: [%q], roles: [%s], accounts: [%q]}\n", role, role, accounts)
		}
		parsed, err := roles.Parse([]byte(table))
		if err != nil {
			t.Fatal(err)
		}
		conn := guarded(t, Config{Workflows: oneMigration{}, Roles: parsed, AnyName: true})
		for _, has := range append(roles.All(), "nobody") {
			ctx := metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, string(has))
			for _, method := range methods() {
				needs := roleOf(method)
				err := status.Convert(call(ctx, conn, method))
				if has == needs || needs == roles.Reader && has != "nobody" {
					if err.Code() != codes.Unimplemented {
						t.Errorf("accounts %s: %s may not call %s: %v", accounts, has, method.Name(), err)
					}
					continue
				}
				if role := missingIn(err); err.Code() != codes.PermissionDenied || role != string(needs) {
					t.Errorf("accounts %s: %s calls %s: %v, missing %q; want PERMISSION_DENIED, missing %s",
						accounts, has, method.Name(), err, role, needs)
				}
			}
		}
	}
}

// missingIn is the role that an error says is missing.
func missingIn(err *status.Status) string {
	for _, detail := range err.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetReason() == "CALLER_ROLE_MISSING" {
			return info.GetMetadata()["role"]
		}
	}
	return ""
}

// TestEveryCallHasARole names a new call that nobody thought of, in both directions.
func TestEveryCallHasARole(t *testing.T) {
	named := map[string]bool{}
	for _, method := range methods() {
		name := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
		named[name] = true
		if got := needed[name]; got != roleOf(method) {
			t.Errorf("%s needs the role %q, want %q", name, got, roleOf(method))
		}
	}
	for name := range needed {
		if !named[name] {
			t.Errorf("%s is no method of the API", name)
		}
	}
}

func TestACallWithoutAnEntryIsRefused(t *testing.T) {
	a, err := newAuthorizer(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.authorize(t.Context(), "/rekey.v1.MigrationService/Forget", nil); err == nil {
		t.Error("a call that has no role is let through")
	}
	if err := a.authorize(t.Context(), "/grpc.health.v1.Health/Check", nil); err != nil {
		t.Errorf("health: %v", err)
	}
}
