package report

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	rekeyv1 "rekey/gen/rekey/v1"
)

// api serves one migration, over real gRPC. Its pages are as large as asked for, and one of them is empty, as the contract
// allows.
type api struct {
	rekeyv1.UnimplementedMigrationServiceServer
	migration *rekeyv1.Migration
	canaries  []*rekeyv1.Canary
	fails     error // what the second page answers
}

func (a *api) GetMigration(context.Context, *rekeyv1.GetMigrationRequest) (*rekeyv1.GetMigrationResponse, error) {
	return &rekeyv1.GetMigrationResponse{Migration: a.migration}, nil
}

func (a *api) ListCanaries(_ context.Context, r *rekeyv1.ListCanariesRequest) (*rekeyv1.ListCanariesResponse, error) {
	from, _ := strconv.Atoi(strings.TrimSuffix(r.GetPageToken(), " after an empty page"))
	if from > 0 && a.fails != nil {
		return nil, a.fails
	}
	if r.GetPageToken() == strconv.Itoa(from) {
		return &rekeyv1.ListCanariesResponse{NextPageToken: r.GetPageToken() + " after an empty page"}, nil
	}
	to := min(from+int(r.GetPageSize()), len(a.canaries))
	page := &rekeyv1.ListCanariesResponse{Canaries: a.canaries[from:to]}
	if to < len(a.canaries) {
		page.NextPageToken = strconv.Itoa(to)
	}
	return page, nil
}

// dial serves the API until the test ends.
func (a *api) dial(tb testing.TB) rekeyv1.MigrationServiceClient {
	tb.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	rekeyv1.RegisterMigrationServiceServer(server, a)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///rekey", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) { // stopped before it served
			tb.Error(err)
		}
	})
	return rekeyv1.NewMigrationServiceClient(conn)
}

func (s sample) api() *api { return &api{migration: s.migration(), canaries: s.canaries()} }

// write writes the report of what the API serves.
func (a *api) write(t *testing.T) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := Write(t.Context(), &page, a.dial(t), a.migration.GetId()); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}

// sortCanaries is the order of ListCanaries.
func sortCanaries(list []*rekeyv1.Canary) {
	slices.SortFunc(list, func(a, b *rekeyv1.Canary) int {
		return cmp.Or(strings.Compare(a.GetAccountId(), b.GetAccountId()), strings.Compare(a.GetRegion(), b.GetRegion()),
			strings.Compare(a.GetName(), b.GetName()))
	})
}
