// Package board shows a migration as it goes on: as a board that is redrawn in place on a terminal, and as lines, one a
// change, elsewhere.
package board

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

// ErrInterrupted is the end of a board by Ctrl-C.
var ErrInterrupted = fmt.Errorf("interrupted: %w", context.Canceled)

// Config says what is watched, and where it is shown.
type Config struct {
	// Watch follows the migration. Its Trouble is the display's.
	Watch client.Watch
	// In is where keys come from, on a terminal; Out is what is written to.
	In  io.Reader
	Out io.Writer
	// Seen, when set, is called with each state of the migration. An error ends the watch.
	Seen func(context.Context, *rekeyv1.Migration) error
}

// State is what a board shows.
type State struct {
	// Migration is nil before the first word of it.
	Migration *rekeyv1.Migration
	Attention
	Pace Pace
	// Trouble is why nothing is heard; empty while something is.
	Trouble string
	Now     time.Time
}

// look is how many canaries a board asks for at most, to find those that changed last.
const look = 500

// Attention are canaries that somebody should look at, those that changed last first: those that somebody has to see to by hand,
// those that failed or were blocked once they were begun, and those whose old access is held.
type Attention struct{ ByHand, Failed, Held []*rekeyv1.Canary }

// attention reads the canaries of a migration that somebody should look at.
func attention(ctx context.Context, w client.Watch, m *rekeyv1.Migration) (a Attention, err error) {
	if m.GetProgress().GetByHand() > 0 { // what is told of canaries is asked of every cell
		if a.ByHand, err = newest(ctx, w, &rekeyv1.ListCanariesRequest{Reasons: tables.ByHand()}); err != nil {
			return a, err
		}
	}
	if a.Failed, err = failed(ctx, w); err != nil {
		return a, err
	}
	a.Held, err = newest(ctx, w, &rekeyv1.ListCanariesRequest{Held: new(true)})
	// An older server does not know the filter.
	a.Held = slices.DeleteFunc(a.Held, func(c *rekeyv1.Canary) bool {
		return c.GetOldAccess().GetState() != rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD
	})
	return a, err
}

// failed reads the canaries that failed or were blocked once they were begun.
func failed(ctx context.Context, w client.Watch) ([]*rekeyv1.Canary, error) {
	states := []rekeyv1.CanaryState{
		rekeyv1.CanaryState_CANARY_STATE_FAILED, rekeyv1.CanaryState_CANARY_STATE_RETURNED, rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED,
	}
	list, err := newest(ctx, w, &rekeyv1.ListCanariesRequest{States: states})
	if err != nil {
		return nil, err
	}
	// Asked by themselves, so that those which the plan blocked don't take the room of those which failed.
	blocked, err := newest(ctx, w, &rekeyv1.ListCanariesRequest{States: []rekeyv1.CanaryState{rekeyv1.CanaryState_CANARY_STATE_BLOCKED}})
	if err != nil {
		return nil, err
	}
	blocked = slices.DeleteFunc(blocked, func(c *rekeyv1.Canary) bool { return c.GetStartTime() == nil })
	return inOrder(append(list, blocked...)), nil
}

func newest(ctx context.Context, w client.Watch, request *rekeyv1.ListCanariesRequest) ([]*rekeyv1.Canary, error) {
	request.MigrationId, request.PageSize = w.ID, look
	list, _, err := client.Collect(client.Canaries(ctx, w.API, request), look)
	return inOrder(list), err
}

// inOrder sorts canaries, those that changed last first.
func inOrder(list []*rekeyv1.Canary) []*rekeyv1.Canary {
	slices.SortStableFunc(list, func(a, b *rekeyv1.Canary) int {
		return cmp.Or(b.GetUpdateTime().AsTime().Compare(a.GetUpdateTime().AsTime()), cmp.Compare(tables.ID(a), tables.ID(b)))
	})
	return list
}
