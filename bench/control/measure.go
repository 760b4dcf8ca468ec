package control

import (
	"context"
	"fmt"
	"time"

	"rekey/bench/ground"
	"rekey/bench/machine"
	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	// quiet is how long nothing must have changed for a migration to count as being at rest or paused; three times what a
	// verb may take.
	quiet = 3 * time.Second
	// look is how often the journal is looked at for a first change. What is measured are the journal's own times.
	look = 50 * time.Millisecond
	// lapse is how long a migration goes on before it is paused again.
	lapse = time.Second
	// roundTime is how long a round takes without its pause, and then some.
	roundTime = 3 * time.Second
	// longest is how long anything is waited for.
	longest = 10 * time.Minute
)

func measure(ctx context.Context, w ground.Workload, rounds int, at ground.Place) (*Result, error) {
	versions, err := machine.VersionsOf(ctx, at.Bin)
	if err != nil {
		return nil, err
	}
	g, err := ground.Start(ctx, w, at)
	if err != nil {
		return nil, err
	}
	defer g.Stop()
	id, err := g.Begin(ctx)
	if err != nil {
		return nil, err
	}
	r := &Result{Machine: machine.This(), Versions: versions, Workload: w}
	b := &bench{ground: g, id: id, result: r}
	return r, b.run(ctx, rounds)
}

// bench is one measurement under way.
type bench struct {
	ground  *ground.Ground
	id      string
	journal *ground.Journal
	result  *Result
}

func (b *bench) run(ctx context.Context, rounds int) (err error) {
	w := b.ground.Workload
	full := w.Cells() * w.Concurrency
	_, err = b.ground.Await(ctx, b.id, func(m *rekeyv1.Migration) bool { return ground.InFlight(m) >= full })
	if err != nil {
		return err
	}
	if b.journal, err = b.ground.Journal(ctx); err != nil {
		return err
	}
	if err := b.still(ctx); err != nil { // those in flight have all been given access, and wait
		return err
	}
	if err := b.widen(ctx, rounds); err != nil {
		return err
	}
	for range rounds {
		if err := b.round(ctx); err != nil {
			return err
		}
	}
	m, err := b.ground.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: b.id})
	b.result.InFlight = ground.InFlight(m.GetMigration())
	return err
}

// still waits until nothing changes any more.
func (b *bench) still(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for {
		changes, err := b.after(ctx, quiet)
		if err != nil || len(changes) == 0 {
			return err
		}
	}
}

// after is what has changed when some time has passed.
func (b *bench) after(ctx context.Context, d time.Duration) ([]ground.Change, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(d):
		return b.journal.Changes(ctx)
	}
}

// first is the first change that comes, of an action where one is given.
func (b *bench) first(ctx context.Context, action string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for {
		changes, err := b.after(ctx, look)
		if err != nil {
			return time.Time{}, fmt.Errorf("waiting for a change: %w", err)
		}
		for _, c := range changes {
			if action == "" || c.Action == action {
				return c.At, nil
			}
		}
	}
}

// widen lets the other canaries begin, a few at a time so that some are yet to begin in every round, and waits for the first
// of them to be given its grant.
func (b *bench) widen(ctx context.Context, rounds int) error {
	w := b.ground.Workload
	perMinute := float64(w.PerCell-w.Concurrency) / (float64(max(rounds, 1)) * roundTime.Minutes())
	called := time.Now()
	_, err := b.ground.API.UpdateRollout(ctx, &rekeyv1.UpdateRolloutRequest{
		MigrationId: b.id, MaxConcurrentCanariesPerCell: new(int32(w.PerCell)), //nolint:gosec // at most 150
		MaxStartsPerMinutePerCell: new(int32(max(perMinute, 1))),
	})
	if err != nil {
		return err
	}
	answered := time.Now()
	changed, err := b.first(ctx, "kms:CreateGrant")
	b.result.UpdateRollout.add(called, answered, changed)
	return err
}

// left is how many canaries are yet to begin.
func (b *bench) left(ctx context.Context) (int, error) {
	answer, err := b.ground.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: b.id})
	for _, s := range answer.GetMigration().GetProgress().GetStates() {
		if s.GetState() == rekeyv1.CanaryState_CANARY_STATE_PENDING {
			return int(s.GetCount()), err
		}
	}
	return 0, err
}

// round pauses the migration while it changes something, and resumes it. A round in which nothing changed before, or is to be
// changed later, shows nothing, and is left out.
func (b *bench) round(ctx context.Context) error {
	before, err := b.after(ctx, lapse)
	if err != nil || len(before) == 0 {
		return err
	}
	left, err := b.left(ctx)
	if err != nil || left < 2*b.ground.Workload.Cells() { // those of about a second
		return err
	}
	called := time.Now()
	if _, err := b.ground.API.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: b.id}); err != nil {
		return err
	}
	answered := time.Now()
	changes, err := b.after(ctx, quiet)
	if err != nil {
		return err
	}
	last := called
	for _, c := range changes {
		if c.At.After(last) {
			last = c.At
		}
	}
	b.result.Pause.add(called, answered, last)
	b.result.ChangesPerSecond = append(b.result.ChangesPerSecond, float64(len(before))/lapse.Seconds())

	called = time.Now()
	if _, err := b.ground.API.ResumeMigration(ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: b.id}); err != nil {
		return err
	}
	answered = time.Now()
	changed, err := b.first(ctx, "")
	b.result.Resume.add(called, answered, changed)
	return err
}
