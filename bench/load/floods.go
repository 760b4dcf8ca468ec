package load

import (
	"context"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Sizes of floods: enough for a bound to be met, and few enough for a small machine that attacks itself.
const (
	silentStreams = 3000
	unreadWatches = 300
	idleSockets   = 1200 // more than the server's connections
	idleGreeted   = 300
	frames        = 20_000
)

// floods are more of something than anybody needs. What the server closes a connection for is UNAVAILABLE here; OK is what it
// puts up with.
func floods() []attack {
	bearable := []codes.Code{codes.OK, codes.Unavailable}
	return []attack{
		{"3,000 calls that never send their request", bearable, silence},
		{"300 watches that nobody reads", []codes.Code{codes.OK}, unread},
		{"1,200 connections that say nothing", bearable, sockets},
		{"300 connections that only greet", bearable, greeted},
		{"20,000 pings", []codes.Code{codes.Unavailable}, pings},
		{"20,000 settings", bearable, settings},
		{"20,000 calls that are reset at once", bearable, resets},
		{"a caller that does not keep its own deadline", []codes.Code{codes.DeadlineExceeded}, overdue},
	}
}

// silence opens calls whose requests never come, and asks for health meanwhile.
func silence(ctx context.Context, b *bench) error {
	for range connections {
		w, err := b.greet(ctx)
		if err != nil {
			return err
		}
		defer w.conn.Close()
		for i := range silentStreams / connections {
			if err := w.open(uint32(2*i + 1)); err != nil {
				return closed(err)
			}
		}
	}
	return b.healthy(ctx)
}

// unread opens watches and reads nothing of them, with windows that hold next to nothing.
func unread(ctx context.Context, b *bench) error {
	c, err := b.dial(grpc.WithInitialWindowSize(1<<16), grpc.WithInitialConnWindowSize(1<<16))
	if err != nil {
		return err
	}
	defer func() { _ = c.conn.Close() }()
	for range unreadWatches {
		if _, err := c.migrations.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: b.id}); err != nil {
			return err
		}
	}
	if err := wait(ctx, 2*time.Second); err != nil { // changes come meanwhile
		return err
	}
	return b.healthy(ctx)
}

// sockets opens connections that say nothing. The server lets go of them by itself: they are still open when it answers.
func sockets(ctx context.Context, b *bench) error {
	open := make([]net.Conn, 0, idleSockets)
	defer func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	for range idleSockets {
		conn, err := b.connect(ctx)
		if err != nil {
			return err
		}
		open = append(open, conn)
	}
	return b.healthy(ctx)
}

func greeted(ctx context.Context, b *bench) error {
	for range idleGreeted {
		w, err := b.greet(ctx)
		if err != nil {
			return err
		}
		defer w.conn.Close()
	}
	return b.healthy(ctx)
}

func pings(ctx context.Context, b *bench) error {
	return b.flood(ctx, func(w *wire, n int) error { return w.framer.WritePing(false, [8]byte{byte(n)}) })
}

func settings(ctx context.Context, b *bench) error {
	return b.flood(ctx, func(w *wire, n int) error {
		return w.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(n % 1000)})
	})
}

// resets opens calls and gives them up at once (CVE-2023-44487).
func resets(ctx context.Context, b *bench) error {
	return b.flood(ctx, func(w *wire, n int) error {
		stream := uint32(2*n + 1)
		if err := w.open(stream); err != nil {
			return err
		}
		return w.framer.WriteRSTStream(stream, http2.ErrCodeCancel)
	})
}

// flood sends many frames on one connection. It ends with whether the server has closed that.
func (b *bench) flood(ctx context.Context, send func(w *wire, n int) error) error {
	w, err := b.greet(ctx)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	for n := range frames {
		if err := send(w, n); err != nil {
			return closed(err)
		}
	}
	if err := b.healthy(ctx); err != nil {
		return err
	}
	return w.untilClosed(ctx, time.Second)
}

// overdue begins a call with a deadline and waits for the server to end it.
func overdue(ctx context.Context, b *bench) error {
	w, err := b.greet(ctx)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	began := time.Now()
	err = w.open(1, hpack.HeaderField{Name: "grpc-timeout", Value: "300m"})
	if err != nil {
		return err
	}
	select {
	case <-w.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	if took := time.Since(began); took > 300*time.Millisecond+grace {
		return status.Errorf(codes.OutOfRange, "it took %s", took)
	}
	return status.Error(codes.DeadlineExceeded, "it ended in time")
}

// healthy asks for health on a connection of its own.
func (b *bench) healthy(ctx context.Context) error {
	c, err := b.dial()
	if err != nil {
		return err
	}
	defer func() { _ = c.conn.Close() }()
	return checkHealth(ctx, c)
}

// closed is what a write fails with when the server has closed the connection.
func closed(err error) error { return status.Error(codes.Unavailable, err.Error()) }
