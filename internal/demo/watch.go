package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/board"
	"rekey/internal/client"
)

// pause lies between two looks at what is not watched.
const pause = time.Second

// watching is a watch of the migration, by whoever is on call.
func (d *demo) watching() client.Watch { return client.Watch{API: d.people[onCall], ID: d.id} }

// watch follows the migration until it is as wanted, and returns it.
func (d *demo) watch(ctx context.Context, wanted func(*rekeyv1.Migration) (bool, error)) (*rekeyv1.Migration, error) {
	m, err := d.watching().Follow(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("WatchMigration: %w", err)
	}
	return m, nil
}

// follow shows the migration's progress until it rests or is paused: on a terminal on the command line's board, elsewhere
// in lines.
func (d *demo) follow(ctx context.Context) (*rekeyv1.Migration, error) {
	if d.Terminal {
		return d.board(ctx)
	}
	if d.shown == nil {
		d.shown = newLines(d.Out, d.world.Accounts)
	}
	return d.watch(ctx, func(m *rekeyv1.Migration) (bool, error) {
		canaries, err := d.list(ctx)
		if err != nil {
			return false, err
		}
		d.shown.show(m, canaries)
		if d.Disturb != nil {
			err = d.Disturb(ctx, d.stack, canaries)
		}
		return d.isPaused(m) || isResting(m), err
	})
}

// errPaused ends a board when there is something to decide.
var errPaused = errors.New("the migration is paused")

// board shows the progress on the whole screen. Whoever leaves it ends the demo.
func (d *demo) board(ctx context.Context) (*rekeyv1.Migration, error) {
	m, err := board.Live(ctx, board.Config{
		Watch: d.watching(), In: d.In, Out: d.Out,
		Seen: func(_ context.Context, m *rekeyv1.Migration) error {
			if d.isPaused(m) {
				return errPaused
			}
			return nil
		},
	})
	switch {
	case errors.Is(err, errPaused):
		err = nil
	case err == nil && !isResting(m):
		err = board.ErrInterrupted
	}
	return m, err
}

// isResting reports whether the migration goes on by itself no more.
func isResting(m *rekeyv1.Migration) bool {
	switch m.GetState() {
	case rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED, rekeyv1.MigrationState_MIGRATION_STATE_FAILED,
		rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED, rekeyv1.MigrationState_MIGRATION_STATE_PLANNED:
		return true
	default:
		return false
	}
}

// list is every canary of the migration.
func (d *demo) list(ctx context.Context) ([]*rekeyv1.Canary, error) {
	request := &rekeyv1.ListCanariesRequest{MigrationId: d.id, PageSize: 500}
	all, _, err := client.Collect(client.Canaries(ctx, d.people[onCall], request), 0)
	if err != nil {
		return nil, fmt.Errorf("ListCanaries: %w", err)
	}
	return all, nil
}

func wait(ctx context.Context) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
