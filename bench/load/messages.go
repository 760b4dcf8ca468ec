package load

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // for a message that is small until it is unpacked
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	rekeyv1 "rekey/gen/rekey/v1"
)

// messages are requests that nobody means.
func messages() []attack {
	invalid := []codes.Code{codes.InvalidArgument}
	// gRPC's own codes: a message that can't be parsed is INTERNAL, one that is too large RESOURCE_EXHAUSTED (gRPC's list of
	// status codes, "Status codes and their use in gRPC").
	unreadable, tooLarge := []codes.Code{codes.Internal}, []codes.Code{codes.ResourceExhausted}
	return []attack{
		{"a message of 3 MB", tooLarge, raw(rekeyv1.MigrationService_CreateMigration_FullMethodName, make([]byte, 3<<20))},
		{"50 MB of zeros, packed", []codes.Code{codes.ResourceExhausted, codes.Unimplemented},
			raw(rekeyv1.MigrationService_GetMigration_FullMethodName, make([]byte, 50<<20), grpc.UseCompressor("gzip"))},
		{"garbage", unreadable, raw(rekeyv1.MigrationService_GetMigration_FullMethodName, bytes.Repeat([]byte{0xff}, 1000))},
		{"a string that is no UTF-8", unreadable, raw(rekeyv1.MigrationService_GetMigration_FullMethodName, text(1, "m-\xff\xfe"))},
		{"groups in groups", unreadable, raw(rekeyv1.MigrationService_GetMigration_FullMethodName, groups(200_000))},
		{"an unknown method", []codes.Code{codes.Unimplemented}, raw("/rekey.v1.MigrationService/DropEverything", nil)},
		{"an id of another kind", invalid, listing(func(r *rekeyv1.ListCanariesRequest) { r.MigrationId = "../../etc/passwd" })},
		{"a page token that nobody gave", invalid, listing(func(r *rekeyv1.ListCanariesRequest) { r.PageToken = "AAAAAAAAAAAAAAAAAAAAAAAA" })},
		{"a page token of a megabyte", []codes.Code{codes.ResourceExhausted, codes.InvalidArgument}, listing(func(r *rekeyv1.ListCanariesRequest) {
			r.PageToken = strings.Repeat("A", 900_000)
		})},
		{"an unknown state", invalid, listing(func(r *rekeyv1.ListCanariesRequest) { r.States = []rekeyv1.CanaryState{9999} })},
		{"a filter of 100,000 states", invalid, listing(func(r *rekeyv1.ListCanariesRequest) {
			r.States = make([]rekeyv1.CanaryState, 100_000)
		})},
		{"a page of two billion", invalid, listing(func(r *rekeyv1.ListCanariesRequest) { r.PageSize = 1<<31 - 1 })},
		{"a selection of 20,000 names", invalid, names(20_000)},
		{"a cursor that nobody gave", invalid, cursor("AAAAAAAAAAAAAAAAAAAAAAAA")},
		{"100 KB of metadata", tooLarge, annotated},
	}
}

// bytesCodec sends bytes as they are.
type bytesCodec struct{}

func (bytesCodec) Marshal(v any) ([]byte, error) { return v.([]byte), nil } //nolint:forcetypeassert // raw gives no other
func (bytesCodec) Unmarshal([]byte, any) error   { return nil }
func (bytesCodec) Name() string                  { return "proto" }

var _ encoding.Codec = bytesCodec{}

// raw sends bytes in place of a request.
func raw(method string, body []byte, options ...grpc.CallOption) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		c, err := b.dial()
		if err != nil {
			return err
		}
		defer func() { _ = c.conn.Close() }()
		return c.conn.Invoke(ctx, method, body, nil, append(options, grpc.ForceCodec(bytesCodec{}))...)
	}
}

// text is a field of a message.
func text(field protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), value)
}

// groups are groups that begin within one another, of a field that no message has.
func groups(depth int) []byte {
	return bytes.Repeat(protowire.AppendTag(nil, 999, protowire.StartGroupType), depth)
}

// listing asks for canaries with a request that was spoilt.
func listing(spoil func(*rekeyv1.ListCanariesRequest)) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		r := &rekeyv1.ListCanariesRequest{MigrationId: b.id}
		spoil(r)
		_, err := b.ground.API.ListCanaries(ctx, r)
		return err
	}
}

// names asks for a migration of so many names.
func names(n int) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		spec := b.ground.Workload.Spec(b.ground.Fleet)
		for i := range n {
			spec.Selection.NamePatterns = append(spec.Selection.NamePatterns, fmt.Sprintf("canary-%d", i))
		}
		_, err := b.ground.API.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{Spec: spec, ValidateOnly: true})
		return err
	}
}

func cursor(c string) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		return b.first(ctx, b.ground.API, c)
	}
}

// annotated calls with metadata that gRPC's own clients would not send: the server says how much it takes. It refuses the call or
// the connection.
func annotated(ctx context.Context, b *bench) error {
	w, err := b.greet(ctx)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	var more []hpack.HeaderField
	for i := range 10 { // each fits into a frame
		more = append(more, hpack.HeaderField{Name: fmt.Sprintf("x-note-%d", i), Value: strings.Repeat("~", 10<<10)})
	}
	if err := w.open(1, more...); err != nil {
		return closed(err)
	}
	select {
	case <-w.ended: // before a request was sent
		return status.Error(codes.ResourceExhausted, "the call was refused")
	case <-ctx.Done():
		return ctx.Err()
	}
}
