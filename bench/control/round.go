package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rekey/bench/ground"
	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	// pace is how often a cell begins a canary while verbs are called, and perMinute that as a rate.
	pace      = 10 * time.Second
	perMinute = int32(time.Minute / pace)
	// held is how long a verb holds canaries back: until every cell has one that is overdue.
	held = pace + 2*time.Second
	// quiet is how long nothing must have changed for a migration to count as being at rest: longer than an edit takes to settle.
	quiet = 15 * time.Second
	// look is how often the journal is looked at. What is measured are the journal's own times.
	look = 50 * time.Millisecond
	// everywhere is how long every cell is waited for.
	everywhere = 30 * time.Second
	// longest is how long anything is waited for.
	longest = 10 * time.Minute
	// begin is what changes first for a canary.
	begin = "kms:CreateGrant"
)

// round calls each verb once. Before a verb that opens, every cell has a canary that waits for it; before one that shuts,
// cells are in the midst of beginning theirs, all at the same time.
func (b *bench) round(ctx context.Context) error {
	if err := b.opens(ctx, &b.result.Widened, begin, b.rate(perMinute)); err != nil {
		return fmt.Errorf("raising the rate: %w", err)
	}
	if err := b.shuts(ctx, &b.result.Pause, "", b.pause); err != nil {
		return fmt.Errorf("pausing: %w", err)
	}
	if err := b.opens(ctx, &b.result.Resume, "", b.resume); err != nil {
		return fmt.Errorf("resuming: %w", err)
	}
	if err := b.shuts(ctx, &b.result.Narrowed, begin, b.rate(1)); err != nil {
		return fmt.Errorf("lowering the rate: %w", err)
	}
	return nil
}

func (b *bench) pause(ctx context.Context) error {
	_, err := b.ground.API.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: b.id})
	return err
}

func (b *bench) resume(ctx context.Context) error {
	_, err := b.ground.API.ResumeMigration(ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: b.id})
	return err
}

// rate changes how many canaries a cell begins in a minute, and leaves room for all of them.
func (b *bench) rate(starts int32) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := b.ground.API.UpdateRollout(ctx, &rekeyv1.UpdateRolloutRequest{
			MigrationId: b.id, MaxStartsPerMinutePerCell: &starts, MaxConcurrentCanariesPerCell: new(ground.Number(b.ground.Workload.PerCell)),
		})
		return err
	}
}

// shuts calls a verb when a change of that action has just been made (any where none is given), and notes when the last one
// is made in the time in which every cell would make another.
func (b *bench) shuts(ctx context.Context, v *Verb, action string, call func(context.Context) error) error {
	if _, err := b.await(ctx, action, 1); err != nil {
		return err
	}
	called := time.Now()
	if err := call(ctx); err != nil {
		return err
	}
	answered := time.Now()
	changes, err := b.after(ctx, held)
	if err != nil {
		return err
	}
	last, n := called, 0
	for _, c := range changes {
		if is(c, action) && c.At.After(last) {
			last = c.At
			n++
		}
	}
	v.add(called, answered, []time.Time{last})
	v.Later = append(v.Later, n)
	return nil
}

// opens calls a verb, and notes when each cell changes something for the first time after it.
func (b *bench) opens(ctx context.Context, v *Verb, action string, call func(context.Context) error) error {
	if _, err := b.journal.Changes(ctx); err != nil {
		return err
	}
	called := time.Now()
	if err := call(ctx); err != nil {
		return err
	}
	answered := time.Now()
	firsts, err := b.await(ctx, action, b.result.Cells)
	if err != nil {
		return err
	}
	for len(firsts) < b.result.Cells {
		firsts = append(firsts, called.Add(everywhere))
	}
	v.add(called, answered, firsts)
	return nil
}

// await waits until so many cells have made a change of an action, and answers with the first one of each, in their order.
// There are fewer where it takes too long.
func (b *bench) await(ctx context.Context, action string, cells int) ([]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, everywhere)
	defer cancel()
	first := map[[2]string]bool{}
	var firsts []time.Time
	for len(firsts) < cells {
		changes, err := b.after(ctx, look)
		if errors.Is(err, context.DeadlineExceeded) && len(firsts) > 0 {
			break // the others count as late
		}
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			cell := [2]string{c.Account, c.Region}
			if is(c, action) && !first[cell] {
				first[cell] = true
				firsts = append(firsts, c.At)
			}
		}
	}
	slices.SortFunc(firsts, time.Time.Compare)
	return firsts, nil
}

func is(c ground.Change, action string) bool { return action == "" || c.Action == action }

// after is what has changed when some time has passed.
func (b *bench) after(ctx context.Context, d time.Duration) ([]ground.Change, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(d):
		return b.journal.Changes(ctx)
	}
}
