package servicetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"rekey/service"
	"rekey/workflows"
)

// fleetRuns are the runs of the census's workflows, over a World.
type fleetRuns struct {
	mu   sync.Mutex
	runs map[string]*fleetRun // by workflow id; the latest counts for new ones
	all  map[string]*fleetRun // by run
}

// fleetRun is one run, which ends by itself.
type fleetRun struct {
	id      string
	done    chan struct{} // closed when the rest is set
	page    workflows.CensusPage
	summary workflows.FleetSummary
	cells   []workflows.FleetCell
	err     error
}

func (r *fleetRun) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// begin begins a run, or shares one that runs.
func (f *fleetRuns) begin(id string, do func(*fleetRun)) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if run := f.runs[id]; run != nil && !run.ended() {
		return run.id
	}
	run := &fleetRun{id: id + "#" + strconv.Itoa(len(f.all)), done: make(chan struct{})}
	f.runs[id], f.all[run.id] = run, run
	go func() {
		do(run)
		close(run.done)
	}()
	return run.id
}

// Forget lets the histories of the census's workflows expire.
func (f *Fake) Forget() {
	f.fleet.mu.Lock()
	defer f.fleet.mu.Unlock()
	clear(f.fleet.all)
	clear(f.fleet.runs)
}

func (f *Fake) down() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return cmp.Or(f.serverErr, f.workerErr)
}

// awaitRun waits for the end of a run.
func (f *Fake) awaitRun(ctx context.Context, run *fleetRun) error {
	if err := f.down(); err != nil {
		return err
	}
	if run == nil {
		return fmt.Errorf("awaiting: %w", service.ErrNotFound)
	}
	if run.ended() {
		return run.err
	}
	select {
	case <-run.done:
		return run.err
	case <-ctx.Done():
		return service.ErrNotYet
	}
}

func (f *Fake) run(id string) *fleetRun {
	f.fleet.mu.Lock()
	defer f.fleet.mu.Unlock()
	return f.fleet.all[id]
}

func (f *Fake) latest(id string) *fleetRun {
	f.fleet.mu.Lock()
	defer f.fleet.mu.Unlock()
	return f.fleet.runs[id]
}

// BeginSelection resolves by the world.
func (f *Fake) BeginSelection(_ context.Context, in workflows.ResolveSelectionInput) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fleet.begin(workflows.SelectionID(in), func(r *fleetRun) { r.cells, r.err = f.cells(in) }), f.serverErr
}

// cells are what a selection comes to.
func (f *Fake) cells(in workflows.ResolveSelectionInput) ([]workflows.FleetCell, error) {
	if listed, ok := in.Listed(); ok {
		return listed, nil
	}
	cells, problem := f.World.Resolve()
	if problem != nil {
		return nil, problem
	}
	return cells, nil
}

// AwaitSelection waits for a run.
func (f *Fake) AwaitSelection(ctx context.Context, _ workflows.ResolveSelectionInput, run string) error {
	return f.awaitRun(ctx, f.run(run))
}

// Selected are cells of a run.
func (f *Fake) Selected(_ context.Context, _ workflows.ResolveSelectionInput, run string, filter workflows.SelectedFilter) ([]workflows.FleetCell, error) {
	r := f.run(run)
	if r == nil {
		return nil, service.ErrNotFound
	}
	return filter.Take(r.cells), f.down()
}

// BeginCensus looks at the world.
func (f *Fake) BeginCensus(_ context.Context, in workflows.CensusPageInput) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fleet.begin(workflows.CensusID(in), func(r *fleetRun) {
		r.page, r.err = f.World.Look(context.Background(), in)
	}), f.serverErr
}

// AwaitCensus waits for a run.
func (f *Fake) AwaitCensus(ctx context.Context, in workflows.CensusPageInput, run string) (workflows.CensusPage, error) {
	r := f.run(run)
	if !strings.HasPrefix(run, workflows.CensusID(in)+"#") {
		r = nil // of another page
	}
	if err := f.awaitRun(ctx, r); err != nil {
		return workflows.CensusPage{}, err
	}
	return r.page, nil
}

// BeginSummary looks at the world.
func (f *Fake) BeginSummary(_ context.Context, id string, in workflows.FleetInput) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fleet.begin(workflows.FleetID(id), func(r *fleetRun) {
		var cells []workflows.FleetCell
		if cells, r.err = f.cells(in.Selection); r.err == nil {
			r.summary, r.err = f.World.Sum(context.Background(), cells)
		}
	})
	return f.serverErr
}

// AwaitSummary waits for a run.
func (f *Fake) AwaitSummary(ctx context.Context, id string) (workflows.FleetSummary, error) {
	r := f.latest(workflows.FleetID(id))
	if err := f.awaitRun(ctx, r); err != nil {
		return workflows.FleetSummary{}, err
	}
	return r.summary, nil
}

// Summary is a run as it is: what it came to, or nothing yet.
func (f *Fake) Summary(ctx context.Context, id string) (workflows.FleetSummary, error) {
	ended, cancel := context.WithCancel(ctx)
	cancel() // do not wait
	summary, err := f.AwaitSummary(ended, id)
	if errors.Is(err, service.ErrNotYet) {
		return workflows.FleetSummary{}, nil
	}
	return summary, err
}
