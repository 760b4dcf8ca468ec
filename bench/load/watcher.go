package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rekey/bench/ground"
	rekeyv1 "rekey/gen/rekey/v1"
)

// watcher is one watch, taken up again with its cursor whenever it is cut off.
type watcher struct {
	// dial is the connection to watch on; another one after a cut.
	dial func() *caller

	// states are those that were seen, each change of them once.
	states []rekeyv1.MigrationState
	cursor string
	// updated is how new the newest thing was that was shown, and back how many times something older came after it.
	updated time.Time
	back    int

	messages, resumed int
	ended             time.Time
}

// follow watches until the migration rests, and calls ready when the first message is there.
func (w *watcher) follow(ctx context.Context, migration string, ready func()) error {
	for ctx.Err() == nil {
		err := w.once(ctx, migration, ready)
		if errors.Is(err, io.EOF) {
			w.ended = time.Now()
			return nil
		}
		if !passes(err) {
			return fmt.Errorf("after %d messages: %w", w.messages, err)
		}
		w.resumed++
		if err := wait(ctx, pollsAgain); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pollsAgain is how long a watcher that was cut off waits before it comes back.
const pollsAgain = 200 * time.Millisecond

// passes reports whether a watch is to be taken up again.
func passes(err error) bool {
	return slices.Contains([]codes.Code{codes.Unavailable, codes.Canceled, codes.ResourceExhausted}, status.Code(err))
}

func (w *watcher) once(ctx context.Context, migration string, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.dial().migrations.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: migration, Cursor: w.cursor})
	if err != nil {
		return err
	}
	for {
		message, err := stream.Recv()
		if err != nil {
			return err
		}
		w.see(message)
		ready()
	}
}

func (w *watcher) see(message *rekeyv1.WatchMigrationResponse) {
	w.messages++
	w.cursor = message.GetCursor()
	m := ground.Shown(message)
	if m == nil {
		return
	}
	updated := m.GetUpdateTime().AsTime()
	if updated.Before(w.updated) {
		w.back++
	}
	w.updated = updated
	if n := len(w.states); n == 0 || w.states[n-1] != m.GetState() {
		w.states = append(w.states, m.GetState())
	}
}
