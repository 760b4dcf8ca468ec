package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rekey/bench/ground"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
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
	if err := b.pauses(ctx); err != nil {
		return fmt.Errorf("pausing: %w", err)
	}
	if err := b.opens(ctx, &b.result.Resume, "", b.resume); err != nil {
		return fmt.Errorf("resuming: %w", err)
	}
	if err := b.slows(ctx); err != nil {
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

// pauses pauses the migration when something has just been changed, and notes when the last change is made in the time in which
// every cell would make another.
func (b *bench) pauses(ctx context.Context) error {
	called, changes, err := b.shuts(ctx, &b.result.Pause, "", b.pause)
	if err != nil {
		return err
	}
	b.result.Pause.holds(called, times(changes, ""))
	return nil
}

// slows lowers the rate when a canary has just been begun, and notes when the last one is begun in the time in which every cell
// would begin another. No rate holds back the first change of one that is begun: when the last is made is noted beside it.
func (b *bench) slows(ctx context.Context) error {
	v := &b.result.Narrowed
	called, changes, err := b.shuts(ctx, v, begin, b.rate(1))
	if err != nil {
		return err
	}
	begun, err := b.begun(ctx, called.Add(held))
	if err != nil {
		return err
	}
	v.holds(called, begun)
	v.Changed = append(v.Changed, milliseconds(latest(called, times(changes, begin)).Sub(called)))
	return nil
}

// shuts calls a verb when a change of that action has just been made (any where none is given), and answers with when it was called
// and what is changed in the time in which every cell would make another change.
func (b *bench) shuts(ctx context.Context, v *Verb, action string, call func(context.Context) error) (time.Time, []ground.Change, error) {
	if _, err := b.await(ctx, action, 1); err != nil {
		return time.Time{}, nil, err
	}
	called := time.Now()
	if err := call(ctx); err != nil {
		return called, nil, err
	}
	v.Answered = append(v.Answered, milliseconds(time.Since(called)))
	changes, err := b.after(ctx, held)
	return called, changes, err
}

// times are when changes of an action were made, any where none is given.
func times(changes []ground.Change, action string) []time.Time {
	var list []time.Time
	for _, c := range changes {
		if is(c, action) {
			list = append(list, c.At)
		}
	}
	return list
}

// begun is when the canaries that are in the middle of their story were begun, if it was before a time.
func (b *bench) begun(ctx context.Context, before time.Time) ([]time.Time, error) {
	request := &rekeyv1.ListCanariesRequest{MigrationId: b.id, States: []rekeyv1.CanaryState{rekeyv1.CanaryState_CANARY_STATE_MIGRATING}}
	var list []time.Time
	for c, err := range client.Canaries(ctx, b.ground.API, request) {
		if err != nil {
			return nil, err
		}
		if at := c.GetStartTime().AsTime(); at.Before(before) {
			list = append(list, at)
		}
	}
	return list, nil
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
	v.Answered = append(v.Answered, milliseconds(time.Since(called)))
	firsts, err := b.await(ctx, action, b.result.Cells)
	if err != nil {
		return err
	}
	for len(firsts) < b.result.Cells {
		firsts = append(firsts, called.Add(everywhere))
	}
	v.opens(called, firsts)
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
