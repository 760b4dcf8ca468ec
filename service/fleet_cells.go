package service

import (
	"context"
	"errors"
	"sync"

	"google.golang.org/protobuf/proto"

	"rekey/workflows"
)

// width is how many cells to read at once: as many as fill the page, going by those that were read, so that little is
// read in vain.
func (w *fleetWalk) width() int {
	found := len(w.reply.GetCanaries())
	cells := min(maxFleetReaders, len(w.cells), maxFleetCells-w.read)
	if w.read == 0 {
		return min(cells, (w.want+usualCell-1)/usualCell)
	}
	return min(cells, max(1, (w.want-found)*w.read/max(1, found)))
}

// fleetReading is what became of reading a cell.
type fleetReading struct {
	run  string
	page workflows.CensusPage
	err  error
}

// readSome reads the first cells, at the same time.
func (w *fleetWalk) readSome(ctx context.Context) []fleetReading {
	readings := make([]fleetReading, w.width())
	var group sync.WaitGroup
	for i := range readings {
		group.Go(func() { readings[i] = w.readCell(ctx, i) })
	}
	group.Wait()
	return readings
}

// readCell reads one cell. A census that an earlier call began is awaited, for it may take longer than any one call does.
func (w *fleetWalk) readCell(ctx context.Context, i int) fleetReading {
	cell := w.cells[i]
	if cell.Problem != nil {
		return fleetReading{page: workflows.CensusPage{Problem: cell.Problem}}
	}
	in, r := w.ask, fleetReading{}
	in.Census.Cell = cell.Cell
	if i == 0 {
		in.Census.After, r.run = w.at.After, w.at.Census
	}
	if r.run != "" {
		if r.page, r.err = w.workflows.AwaitCensus(ctx, in, r.run); !errors.Is(r.err, ErrNotFound) {
			return r
		}
	}
	if r.run, r.err = w.workflows.BeginCensus(ctx, in); r.err == nil {
		r.page, r.err = w.workflows.AwaitCensus(ctx, in, r.run)
	}
	return r
}

// take takes what was read of the first cell into the page, as much as fits, and goes to the next cell where that was all.
func (w *fleetWalk) take(page workflows.CensusPage) (again bool) {
	w.at.Census = ""
	if w.full() && len(page.Canaries) > 0 {
		return true
	}
	if page.Problem != nil {
		w.reply.CellProblems = append(w.reply.CellProblems, toProblem(page.Problem))
	}
	for _, c := range page.Canaries {
		if w.full() {
			return true
		}
		canary := toFleetCanary(c)
		w.reply.Canaries = append(w.reply.Canaries, canary)
		w.size += proto.Size(canary)
		w.at.After = c.Name
	}
	if page.More {
		return true
	}
	w.cells, w.read = w.cells[1:], w.read+1
	w.enter()
	return false
}
