package service

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// Bounds of one ListCanaries call. What does not fit is on the next page.
const (
	// maxQueries is how many questions a call asks, of the migration and of its cells.
	maxQueries = 40
	// cellsAtATime is how many cells the migration is asked for at a time: far more reports than that are below Temporal's
	// 2 MB for one payload.
	cellsAtATime = 100
	// maxPerQuery keeps an answer of a cell far below those 2 MB.
	maxPerQuery = 100
	// maxPageBytes keeps a reply below the 4 MB that gRPC clients take without being told to take more.
	maxPageBytes = 1 << 20
)

// position is where a listing of canaries goes on: in that cell, after that name; or after that cell, when it has told
// everything. It grows with every canary and every cell, whatever becomes of the canaries meanwhile: so none is listed
// twice, and one that the filter admits all the time is not passed over.
type position struct {
	Cell  workflows.Cell `json:"c"`
	After string         `json:"a,omitempty"`
	Past  bool           `json:"p,omitempty"`
}

// walk asks a migration which cells may have what is wanted, and those cells, one after the other, for their canaries.
type walk struct {
	service         *Service
	migration       string
	filter          workflows.CanariesFilter
	account, region string // empty means all
	want            int

	at    position
	cells []workflows.CellReport // those that the migration named and that have not told everything
	last  bool                   // the migration has named all
	found []*rekeyv1.Canary
	size  int
}

// done reports whether there is nothing to come.
func (w *walk) done() bool { return w.last && len(w.cells) == 0 }

// fill asks until the page is full, the cells have told everything, or enough was asked.
func (w *walk) fill(ctx context.Context) error {
	for range maxQueries {
		if w.done() || len(w.found) == w.want || w.size >= maxPageBytes {
			return nil
		}
		ask := w.askCell
		if len(w.cells) == 0 {
			ask = w.askMigration
		}
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// askMigration asks for the next cells that may have what is wanted.
func (w *walk) askMigration(ctx context.Context) error {
	ctx, cancel := w.service.bounded(ctx)
	defer cancel()
	page, err := w.service.config.Workflows.Cells(ctx, w.migration, workflows.CellsFilter{
		Canaries: w.filter, Account: w.account, Region: w.region, From: w.at.Cell, Limit: cellsAtATime,
	})
	if err != nil {
		return err
	}
	for _, report := range page.Cells {
		if told := w.at.Past && report.Cell == w.at.Cell; !told {
			w.cells = append(w.cells, report)
		}
	}
	w.last = !page.More || len(page.Cells) == 0
	if len(w.cells) == 0 && !w.last {
		w.at = position{Cell: page.Cells[len(page.Cells)-1].Cell, Past: true}
	}
	return nil
}

// isGone reports whether a cell's workflow has ended without its migration's order, or never began. Temporal answers for it
// from its history, if it can.
func isGone(r workflows.CellReport) bool {
	return r.Problem != nil && r.Problem.Reason == workflows.CellNotReachable
}

// askCell takes a page of the first cell's canaries. A cell that was not started yet has none; one that is gone and for which
// nobody answers has none to tell, and never will: it must not fail the listing for good.
func (w *walk) askCell(ctx context.Context) error {
	cell, gone := w.cells[0].Cell, isGone(w.cells[0])
	if w.at.Cell != cell {
		w.at = position{Cell: cell}
	}
	filter := w.filter
	filter.After, filter.Limit = w.at.After, min(w.want-len(w.found), maxPerQuery)
	ctx, cancel := w.service.bounded(ctx)
	defer cancel()
	page, err := w.service.config.Workflows.Canaries(ctx, w.migration, cell, filter)
	none := errors.Is(err, ErrNotFound) || gone && errors.Is(err, ErrNoWorker)
	if err != nil && !none {
		return err
	}
	for _, c := range page.Canaries {
		canary := toCanary(c)
		w.found = append(w.found, canary)
		w.size += proto.Size(canary)
		w.at.After = c.Recorded.Name
	}
	if !page.More || len(page.Canaries) == 0 {
		w.cells = slices.Delete(w.cells, 0, 1)
		w.at = position{Cell: cell, Past: true}
	}
	return nil
}
