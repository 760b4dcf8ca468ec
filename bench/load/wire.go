package load

import (
	"bytes"
	"context"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
)

// frameSize is what every server takes in a frame (RFC 9113, SETTINGS_MAX_FRAME_SIZE).
const frameSize = 16 << 10

// wire is a connection that speaks HTTP/2 frame by frame, as no client does.
type wire struct {
	conn   net.Conn
	framer *http2.Framer
	// ended are the streams that the server has ended.
	ended chan uint32
}

// greet connects and says what HTTP/2 wants to hear first.
func (b *bench) greet(ctx context.Context) (*wire, error) {
	conn, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		return nil, err
	}
	w := &wire{conn: conn, framer: http2.NewFramer(conn, conn), ended: make(chan uint32, 1<<16)}
	if err := w.framer.WriteSettings(); err != nil {
		return nil, err
	}
	go w.read()
	return w, nil
}

// connect opens a connection that ends with the context.
func (b *bench) connect(ctx context.Context) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", b.ground.Stack.Server())
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	return conn, err
}

// read takes what the server sends, so that it can go on, until the connection is closed.
func (w *wire) read() {
	defer close(w.ended)
	for {
		frame, err := w.framer.ReadFrame()
		if err != nil {
			return
		}
		end := frame.Header().Flags.Has(http2.FlagHeadersEndStream) && frame.Header().Type == http2.FrameHeaders
		if end || frame.Header().Type == http2.FrameRSTStream {
			select {
			case w.ended <- frame.Header().StreamID:
			default: // nobody counts them
			}
		}
	}
}

// open begins a call of GetMigration on a stream, and sends no request. The headers are those of gRPC over HTTP/2.
func (w *wire) open(stream uint32, more ...hpack.HeaderField) error {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encoder.SetMaxDynamicTableSize(0) // every block stands alone
	for _, field := range append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: rekeyv1.MigrationService_GetMigration_FullMethodName},
		{Name: ":authority", Value: "rekey"}, {Name: "content-type", Value: "application/grpc"}, {Name: "te", Value: "trailers"},
	}, more...) {
		if err := encoder.WriteField(field); err != nil {
			return err
		}
	}
	first := block.Next(frameSize)
	err := w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: first, EndHeaders: block.Len() == 0})
	for err == nil && block.Len() > 0 {
		next := block.Next(frameSize)
		err = w.framer.WriteContinuation(stream, block.Len() == 0, next)
	}
	return err
}

// untilClosed waits until the server closes the connection.
func (w *wire) untilClosed(ctx context.Context, most time.Duration) error {
	late := time.After(most)
	for {
		select {
		case _, ok := <-w.ended:
			if !ok {
				return status.Error(codes.Unavailable, "the server has closed the connection")
			}
		case <-late:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
