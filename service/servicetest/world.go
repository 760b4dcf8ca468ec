package servicetest

import (
	"context"
	"slices"
	"sync"

	"rekey/workflows"
)

// World is what a fake or stand-in census reads: canaries by cell. All methods may be called at any time.
type World struct {
	mu       sync.Mutex
	canaries map[workflows.Cell][]workflows.FleetCanary
	problems map[workflows.Cell]*workflows.Problem
	held     map[workflows.Cell]chan struct{} // closed when the cell may be read
	looks    map[workflows.Cell]int
	selected []workflows.FleetCell
	refusal  *workflows.Problem
}

// NewWorld returns an empty one.
func NewWorld() *World {
	return &World{
		canaries: map[workflows.Cell][]workflows.FleetCanary{}, problems: map[workflows.Cell]*workflows.Problem{},
		held: map[workflows.Cell]chan struct{}{}, looks: map[workflows.Cell]int{},
	}
}

// Settle gives a cell canaries of these names; where they run and how is the same for all.
func (w *World) Settle(cell workflows.Cell, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.canaries[cell] = nil
	for _, name := range slices.Sorted(slices.Values(names)) {
		w.canaries[cell] = append(w.canaries[cell], workflows.FleetCanary{
			Cell: cell, Name: name, ID: "id-of-" + name, State: "RUNNING", Runtime: "syn-nodejs-puppeteer-10.0",
			RoleARN: "arn:aws:iam::" + cell.Account + ":role/canary", Encryption: workflows.Encryption{Mode: workflows.AWSManaged},
			NextStep: workflows.StepMigrate,
		})
	}
}

// Edit changes each canary of a cell.
func (w *World) Edit(cell workflows.Cell, edit func(*workflows.FleetCanary)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.canaries[cell] {
		edit(&w.canaries[cell][i])
	}
}

// Shut lets nobody read a cell.
func (w *World) Shut(cell workflows.Cell, why *workflows.Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems[cell] = why
}

// Hold lets looks at a cell take until release is called.
func (w *World) Hold(cell workflows.Cell) (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[cell] = make(chan struct{})
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		close(w.held[cell])
		delete(w.held, cell)
	})
}

// Select is what every selection that has to be resolved comes to; refusal, where set, is why it can't be.
func (w *World) Select(cells []workflows.FleetCell, refusal *workflows.Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.selected, w.refusal = cells, refusal
}

// Resolve is what was selected.
func (w *World) Resolve() ([]workflows.FleetCell, *workflows.Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.selected, w.refusal
}

// Looks is how many times a cell was looked at.
func (w *World) Looks(cell workflows.Cell) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looks[cell]
}

// Look reads a page of a cell, once it is held no more.
func (w *World) Look(ctx context.Context, in workflows.CensusPageInput) (workflows.CensusPage, error) {
	cell := in.Census.Cell
	w.mu.Lock()
	held := w.held[cell]
	w.looks[cell]++
	w.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return workflows.CensusPage{}, ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.problems[cell]; p != nil {
		return workflows.CensusPage{Problem: p}, nil
	}
	page := workflows.CensusPage{}
	for _, c := range w.canaries[cell] {
		if c.Name <= in.Census.After {
			continue
		}
		if page.More = len(page.Canaries) == in.Census.Limit; page.More {
			break
		}
		page.Canaries = append(page.Canaries, c)
	}
	return page, nil
}

// Sum sums cells up.
func (w *World) Sum(ctx context.Context, cells []workflows.FleetCell) (workflows.FleetSummary, error) {
	sum := workflows.FleetSummary{Cells: len(cells)}
	for _, cell := range cells {
		page, err := w.Look(ctx, workflows.CensusPageInput{Census: workflows.CensusInput{Cell: cell.Cell, Limit: 1 << 20}})
		if err != nil {
			return sum, err
		}
		if page.Problem != nil {
			sum.CellProblems = append(sum.CellProblems, *page.Problem)
			continue
		}
		sum.CellsRead++
		for _, c := range page.Canaries {
			sum.Counts.Count(c)
		}
	}
	sum.Complete = true
	return sum, nil
}
