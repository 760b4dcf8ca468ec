package service

import (
	"context"
	"errors"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// Bounds of one ListFleetCanaries call. What does not fit is on the next page.
const (
	// defaultFleetPage is the page size where none is asked for.
	defaultFleetPage = 100
	// maxFleetCells is how many cells a call reads; most cells of a large selection are empty.
	maxFleetCells = 200
	// maxFleetReaders is how many of them it reads at a time.
	maxFleetReaders = 8
	// usualCell is how many canaries a cell is taken to have before one was read.
	usualCell = 25
	// maxPerCensus keeps the answer of a cell far below Temporal's 2 MB for one payload. With access it has fewer: a role
	// with many policies makes some 10 KB.
	maxPerCensus           = 200
	maxPerCensusWithAccess = 50
)

// fleetPosition is where a listing of the fleet goes on: in that cell, after that name.
type fleetPosition struct {
	// Selection is the run that holds the cells; empty where the request lists them.
	Selection string         `json:"s,omitempty"`
	Cell      workflows.Cell `json:"c"`
	After     string         `json:"a,omitempty"`
	// Census is the run that was begun for that, and not awaited to its end.
	Census string `json:"r,omitempty"`
}

// fleetWalk reads cells, in their order.
type fleetWalk struct {
	workflows Fleet
	selection workflows.ResolveSelectionInput
	ask       workflows.CensusPageInput // of each cell, but for the cell itself
	want      int

	cells []workflows.FleetCell // those that were not read to their end, and one beyond this call's
	at    fleetPosition
	read  int // cells to their end
	done  bool
	size  int
	reply *rekeyv1.ListFleetCanariesResponse
}

func newFleetWalk(s *Service, r *rekeyv1.ListFleetCanariesRequest) *fleetWalk {
	in := fromSummarize(&rekeyv1.SummarizeFleetRequest{Selection: r.GetSelection()})
	want := orDefault(r.GetPageSize(), defaultFleetPage)
	limit := maxPerCensus
	if r.GetIncludeAccess() {
		limit = maxPerCensusWithAccess
	}
	return &fleetWalk{
		workflows: s.config.Workflows, selection: in.Selection, want: want, reply: &rekeyv1.ListFleetCanariesResponse{},
		ask: workflows.CensusPageInput{
			Census: workflows.CensusInput{NamePatterns: in.NamePatterns, Filter: in.Filter, Limit: min(want, limit)},
			Access: r.GetIncludeAccess(),
		},
	}
}

// fill reads until the page is full, all cells were read, or the time is up.
func (w *fleetWalk) fill(ctx context.Context) error {
	err := w.locate(ctx)
	for err == nil && len(w.cells) > 0 && w.read < maxFleetCells && !w.full() && ctx.Err() == nil {
		err = w.round(ctx)
	}
	w.done = err == nil && len(w.cells) == 0
	if w.pauses(ctx, err) {
		err = nil
	}
	return err
}

// pauses reports whether a page ends because the time is up: it tells what was read in it. That nothing could be begun in
// all the time is an error.
func (w *fleetWalk) pauses(ctx context.Context, err error) bool {
	progressed := w.read > 0 || len(w.reply.GetCanaries()) > 0
	return errors.Is(err, ErrNotYet) || progressed && ctx.Err() != nil
}

// round reads some cells at the same time, and takes them into the page in their order.
func (w *fleetWalk) round(ctx context.Context) error {
	for _, r := range w.readSome(ctx) {
		if r.err != nil {
			w.at.Census = r.run
			return r.err
		}
		if again := w.take(r.page); again {
			return nil
		}
	}
	return nil
}

// locate finds the cells from the position on: those that the request lists, or those of a selection that is resolved first.
func (w *fleetWalk) locate(ctx context.Context) error {
	filter := workflows.SelectedFilter{From: w.at.Cell, Limit: maxFleetCells + 1}
	listed, ok := w.selection.Listed()
	if ok {
		w.cells = filter.Take(listed)
		w.enter()
		return nil
	}
	err := w.resolve(ctx)
	if err != nil {
		return err
	}
	w.cells, err = w.workflows.Selected(ctx, w.selection, w.at.Selection, filter)
	w.enter()
	return err
}

// resolve waits until the cells are known. They are resolved for the first page; the others go on with the same.
func (w *fleetWalk) resolve(ctx context.Context) error {
	if w.at.Selection != "" {
		err := w.workflows.AwaitSelection(ctx, w.selection, w.at.Selection)
		if errors.Is(err, ErrNotFound) {
			return invalidPageToken()
		}
		return err
	}
	run, err := w.workflows.BeginSelection(ctx, w.selection)
	if err != nil {
		return err
	}
	w.at.Selection = run
	return w.workflows.AwaitSelection(ctx, w.selection, run)
}

// enter moves the position to the first of the cells, unless it is there.
func (w *fleetWalk) enter() {
	if len(w.cells) > 0 && w.at.Cell != w.cells[0].Cell {
		w.at = fleetPosition{Selection: w.at.Selection, Cell: w.cells[0].Cell}
	}
}

func (w *fleetWalk) full() bool {
	return len(w.reply.GetCanaries()) >= w.want || w.size >= maxPageBytes
}
