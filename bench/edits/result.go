package edits

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/record"
	"rekey/workflows/phase"
	"rekey/workflows/schedule"
)

// Fleet is what is edited.
type Fleet struct {
	Cells    int    `json:"cells"`
	PerCell  int    `json:"canaries_per_cell"`
	Schedule string `json:"schedule"`
}

// String is the fleet in words.
func (f Fleet) String() string { return fmt.Sprintf("%d × %d, %s", f.Cells, f.PerCell, f.Schedule) }

// fleets are those that are compared: crowded and sparse cells, short and long intervals.
var fleets = []Fleet{
	{1, 200, "rate(5 minutes)"}, {1, 200, "rate(1 hour)"}, {1_000, 1, "rate(1 hour)"}, {100, 10, "rate(5 minutes)"},
}

// Row is how many runs of a fleet go on at once, at the most.
type Row struct {
	Fleet  Fleet `json:"fleet"`
	Before int   `json:"before"`
	// Ways are the figures of each way.
	Ways map[Way]Peak `json:"ways"`
}

// Peak is how many runs go on at once when half of the canaries are edited, and when all are.
type Peak struct {
	Midway int `json:"midway"`
	After  int `json:"after"`
}

// Result is the comparison.
type Result struct {
	When string `json:"when"`
	Seed uint64 `json:"seed"`
	Rows []Row  `json:"fleets"`
}

func compare(seed uint64) (*Result, error) {
	r := &Result{Seed: seed}
	for _, f := range fleets {
		s, err := schedule.Parse(f.Schedule)
		if err != nil {
			return nil, err
		}
		before := randomly(f.Cells*f.PerCell, s, seed)
		row := Row{Fleet: f, Before: phase.Measure(before, noon).Most, Ways: map[Way]Peak{}}
		for _, way := range []Way{AsSoonAsCanBe, Evenly, WhenDue} {
			half, all := way.edit(before, f.PerCell)
			row.Ways[way] = Peak{phase.Measure(half, noon).Most, phase.Measure(all, noon).Most}
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

// worse reports whether more runs ever go on at once than before.
func (r Row) worse(w Way) bool { return max(r.Ways[w].Midway, r.Ways[w].After) > r.Before }

// conclude writes the result, prints it, and ends in a line of counts. It fails where what rekey does is worse than before.
func (r *Result) conclude(w io.Writer, file string) error {
	r.When = time.Now().UTC().Format(time.RFC3339)
	if err := record.Write(file, r); err != nil {
		return err
	}
	t := record.NewTable(w, "cells × canaries", "before", AsSoonAsCanBe, Evenly, WhenDue)
	broken := 0
	for _, row := range r.Rows {
		t.AppendRow(table.Row{row.Fleet, row.Before, row.Ways[AsSoonAsCanBe], row.Ways[Evenly], row.Ways[WhenDue]})
		if row.worse(WhenDue) {
			broken++
		}
	}
	t.Render()
	_, err := fmt.Fprintf(w, "written to %s\nedits: fleets=%d broken=%d\n", file, len(r.Rows), broken)
	if broken > 0 {
		return fmt.Errorf("edits that are made when a run is due make more runs coincide in %d fleets", broken)
	}
	return err
}
