package control

import (
	"context"
	"fmt"
	"time"

	"rekey/bench/ground"
	"rekey/bench/machine"
	rekeyv1 "rekey/gen/rekey/v1"
)

// bench is one measurement under way.
type bench struct {
	ground  *ground.Ground
	id      string
	journal *ground.Journal
	result  *Result
}

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
	began := time.Now()
	id, err := g.Begin(ctx)
	if err != nil {
		return nil, err
	}
	b := &bench{ground: g, id: id, result: &Result{
		Machine: machine.This(), Versions: versions, Workload: w, Cells: w.Cells(), Database: at.Database != "",
	}}
	if err := b.fill(ctx); err != nil {
		return nil, fmt.Errorf("filling the window: %w", err)
	}
	b.result.Filled = time.Since(began)
	b.result.LoadBefore = machine.LoadAverage()
	if b.result.GetMigration, err = b.asked(ctx); err != nil {
		return nil, fmt.Errorf("asking for the migration: %w", err)
	}
	profiled := g.Profile(ctx, time.Duration(rounds)*2*(pace+held), "control-")
	before, err := g.Used()
	if err != nil {
		return nil, err
	}
	began = time.Now()
	for round := range rounds {
		if err := b.round(ctx); err != nil {
			return nil, fmt.Errorf("round %d: %w", round+1, err)
		}
	}
	if err := b.sumUp(before, time.Since(began)); err != nil {
		return nil, err
	}
	m, err := g.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: b.id})
	if err != nil {
		return nil, err
	}
	b.result.InFlight = ground.InFlight(m.GetMigration())
	return b.result, profiled()
}

// fill waits until as many canaries are in flight as go at a time, and have been given what they wait with.
func (b *bench) fill(ctx context.Context) error {
	full := b.result.Cells * b.ground.Workload.Concurrency
	_, err := b.ground.Await(ctx, b.id, func(m *rekeyv1.Migration) bool { return ground.InFlight(m) >= full })
	if err != nil {
		return err
	}
	if b.journal, err = b.ground.Journal(ctx); err != nil {
		return err
	}
	return b.still(ctx)
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

// sumUp notes what the processes used.
func (b *bench) sumUp(before map[string]machine.Usage, took time.Duration) error {
	after, err := b.ground.Used()
	if err != nil {
		return err
	}
	b.result.Took, b.result.LoadAfter = took, machine.LoadAverage()
	b.result.CPU, b.result.PeakMB = map[string]float64{}, map[string]int64{}
	for name, used := range after {
		b.result.CPU[name] = float64(int((used.CPU-before[name].CPU).Seconds()/took.Seconds()*100)) / 100
		b.result.PeakMB[name] = used.Peak >> 20
	}
	return nil
}
