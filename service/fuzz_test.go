package service_test

import (
	"context"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
)

// raw sends and receives bytes as they are.
type raw struct{}

// Name is that of the codec that it stands in for.
func (raw) Name() string { return "proto" }

// Marshal passes bytes on.
func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

// Unmarshal passes bytes on.
func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = raw{}

// FuzzRequests sends any bytes to every method: none may panic, and what is parsed is refused by name.
func FuzzRequests(f *testing.F) {
	h := servicetest.New(f, service.Config{})
	for _, seed := range []proto.Message{
		&rekeyv1.CreateMigrationRequest{RequestId: "a", Spec: servicetest.Spec()}, &rekeyv1.CreateMigrationRequest{Spec: &rekeyv1.MigrationSpec{}},
		&rekeyv1.GetMigrationRequest{MigrationId: unknownID}, &rekeyv1.ListMigrationsRequest{PageToken: "a", PageSize: 3},
		&rekeyv1.ListCanariesRequest{MigrationId: unknownID, PageToken: "a"}, &rekeyv1.ApproveMigrationRequest{MigrationId: unknownID, PlanDigest: digest},
		&rekeyv1.PauseMigrationRequest{MigrationId: unknownID, Part: checkout}, &rekeyv1.AdvanceMigrationRequest{MigrationId: unknownID, Wave: 1},
		&rekeyv1.UpdateRolloutRequest{MigrationId: unknownID, Waves: []*rekeyv1.WaveChange{{Wave: 1, BakeRuns: new(int32(1))}}},
		&rekeyv1.RollBackMigrationRequest{MigrationId: unknownID, Part: firstWave, ValidateOnly: true},
		&rekeyv1.CloseMigrationRequest{MigrationId: unknownID, EvidenceUri: "file:///evidence"},
	} {
		bytes, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes)
	}
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, request []byte) {
		for _, method := range rekeyv1.MigrationService_ServiceDesc.Methods {
			var reply []byte
			err := h.Conn.Invoke(t.Context(), "/rekey.v1.MigrationService/"+method.MethodName, &request, &reply, grpc.ForceCodecV2(raw{}))
			wantForeseen(t, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s, err := h.Conn.NewStream(ctx, &rekeyv1.MigrationService_ServiceDesc.Streams[0],
			rekeyv1.MigrationService_WatchMigration_FullMethodName, grpc.ForceCodecV2(raw{}))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SendMsg(&request); err != nil {
			t.Fatal(err)
		}
		_ = s.CloseSend()
		var reply []byte
		wantForeseen(t, s.RecvMsg(&reply))
	})
}

// wantForeseen fails on errors that the service did not foresee. Bytes that are no message at all are refused as
// INTERNAL by gRPC itself, without a detail.
func wantForeseen(t *testing.T, err error) {
	t.Helper()
	st := status.Convert(err)
	if st.Code() == codes.Internal && len(st.Details()) > 0 || st.Code() == codes.Unknown {
		t.Error(err)
	}
}

// FuzzTokens sends any page token and cursor.
func FuzzTokens(f *testing.F) {
	h := servicetest.New(f, slow)
	var ids []string
	for range 2 {
		reply, err := h.Client.CreateMigration(context.Background(), &rekeyv1.CreateMigrationRequest{Spec: servicetest.Spec()})
		if err != nil {
			f.Fatal(err)
		}
		ids = append(ids, reply.GetMigration().GetId())
	}
	first, err := h.Client.ListMigrations(context.Background(), &rekeyv1.ListMigrationsRequest{PageSize: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(first.GetNextPageToken())
	f.Add("garbage")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if !utf8.ValidString(token) {
			return // no client sends what is not text; FuzzRequests does
		}
		known := token == "" || token == first.GetNextPageToken()
		_, err := h.Client.ListMigrations(t.Context(), &rekeyv1.ListMigrationsRequest{PageToken: token})
		wantRefused(t, err, known)
		_, err = h.Client.ListCanaries(t.Context(), &rekeyv1.ListCanariesRequest{MigrationId: ids[0], PageToken: token})
		wantRefused(t, err, token == "")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s, err := h.Client.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: ids[0], Cursor: token})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Recv()
		wantRefused(t, err, token == "")
	})
}

// wantRefused wants a token that is not known refused.
func wantRefused(t *testing.T, err error, known bool) {
	t.Helper()
	if code := status.Code(err); known && code != codes.OK || !known && code != codes.InvalidArgument {
		t.Errorf("%v of a token that is known: %v", err, known)
	}
}
