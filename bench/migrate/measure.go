package migrate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"rekey/bench/ground"
	"rekey/bench/machine"
	"rekey/bench/record"
	rekeyv1 "rekey/gen/rekey/v1"
)

// profileFor is how long profiles are, from the approval on.
const profileFor = 30 * time.Second

// measure migrates a generated fleet and says what that cost.
func measure(ctx context.Context, w Workload, at ground.Place) (*Result, error) {
	versions, err := machine.VersionsOf(ctx, at.Bin)
	if err != nil {
		return nil, err
	}
	if err := forget(at.Database); err != nil {
		return nil, err
	}
	f := w.fleet()
	g, err := ground.Serve(ctx, f, at)
	if err != nil {
		return nil, err
	}
	defer g.Stop()
	r := &Result{Workload: w, Machine: machine.This(), Versions: versions}
	return r, r.run(ctx, g, w.spec(f))
}

// forget removes a file of Temporal's state, where there is one.
func forget(database string) error {
	if database == "" {
		return nil
	}
	for _, suffix := range []string{"", "-wal", "-shm"} { // as SQLite names the files of a write-ahead log
		if err := os.Remove(database + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (r *Result) run(ctx context.Context, g *ground.Ground, spec *rekeyv1.MigrationSpec) error {
	begin := time.Now()
	m, err := g.Plan(ctx, spec)
	if err != nil {
		return err
	}
	r.PlanSeconds = record.Round(time.Since(begin).Seconds())
	defer profiled(ctx, g)()
	before, err := observe(ctx, g)
	if err != nil {
		return err
	}
	approved := time.Now()
	if err := g.Approve(ctx, m); err != nil {
		return err
	}
	m, err = g.Await(ctx, m.GetId(), func(m *rekeyv1.Migration) bool { return m.GetEndTime() != nil })
	if err != nil {
		return err
	}
	r.MigrateSeconds = record.Round(time.Since(approved).Seconds())
	after, err := observe(ctx, g)
	if err != nil {
		return err
	}
	r.fill(before, after)
	if err := r.judge(ctx, g); err != nil {
		return err
	}
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		return fmt.Errorf("the migration ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	return nil
}

// profiled takes profiles in the background; the answer waits for them. A measurement of hours does not fail for want of one.
func profiled(ctx context.Context, g *ground.Ground) (wait func()) {
	taken := g.Profile(ctx, profileFor, "")
	return func() {
		if err := taken(); err != nil {
			fmt.Fprintln(os.Stderr, "profile:", err)
		}
	}
}
