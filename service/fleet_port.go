package service

import (
	"context"
	"errors"

	"rekey/workflows"
)

// ErrNotYet says that the time was up before what was waited for, while a worker is at it.
var ErrNotYet = errors.New("not yet")

// Fleet is what the FleetService needs of Temporal. What takes long is begun by one method, which answers at once with the
// name of a run, and awaited by another, as long as its context lasts: with ErrNotYet or ErrNoWorker when that is up.
//
// A run that is gone, because its history is kept no longer, ends with ErrNotFound.
type Fleet interface {
	// BeginSelection resolves a selection. It shares a run of the same one.
	BeginSelection(ctx context.Context, in workflows.ResolveSelectionInput) (run string, err error)
	// AwaitSelection waits until the cells are known. A *workflows.Problem says why they can't be.
	AwaitSelection(ctx context.Context, in workflows.ResolveSelectionInput, run string) error
	// Selected are cells of a selection whose cells are known, in their order.
	Selected(ctx context.Context, in workflows.ResolveSelectionInput, run string, filter workflows.SelectedFilter) ([]workflows.FleetCell, error)

	// BeginCensus reads a page of a cell's canaries. It shares a run of the same page.
	BeginCensus(ctx context.Context, in workflows.CensusPageInput) (run string, err error)
	// AwaitCensus waits for the page.
	AwaitCensus(ctx context.Context, in workflows.CensusPageInput, run string) (workflows.CensusPage, error)

	// BeginSummary begins a summary. Its id must be a new one.
	BeginSummary(ctx context.Context, id string, in workflows.FleetInput) error
	// AwaitSummary waits until a summary is complete. A *workflows.Problem says why it can't be.
	AwaitSummary(ctx context.Context, id string) (workflows.FleetSummary, error)
	// Summary is a summary as it is now.
	Summary(ctx context.Context, id string) (workflows.FleetSummary, error)
}
