package matrix

import (
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/durable/kill/point"
)

// Print prints the counts by victim and kind of point, and the differences.
func (r *Report) Print(w io.Writer) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"killed", "at", "cases", "equal", "different", "not reached", "recovery p50", "max"})
	var victims []string
	for _, result := range r.Results {
		if !slices.Contains(victims, result.Victim) {
			victims = append(victims, result.Victim)
		}
	}
	for _, victim := range victims {
		for _, kind := range point.Kinds() {
			r.row(t, victim, kind)
		}
		t.AppendSeparator()
	}
	t.Render()
	for _, result := range r.Results {
		if !result.Reached || !result.Equal {
			_, _ = fmt.Fprintln(w, result) // as much as can be told
		}
	}
}

// row appends the counts of a victim and a kind, if there are any.
func (r *Report) row(t table.Writer, victim string, kind point.Kind) {
	part := Report{}
	for _, result := range r.Results {
		if result.Victim == victim && result.Point.Kind == kind {
			part.Results = append(part.Results, result)
		}
	}
	if len(part.Results) == 0 {
		return
	}
	c := part.counts()
	t.AppendRow(table.Row{
		victim, kind, c.cases, c.equal, c.different, c.unreached, fmt.Sprintf("%.1f s", c.median), fmt.Sprintf("%.1f s", c.most),
	})
}
