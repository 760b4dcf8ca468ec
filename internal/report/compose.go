package report

import (
	"bufio"
	"html/template"
	"io"

	rekeyv1 "rekey/gen/rekey/v1"
)

// front is what stands before the lists.
type front struct {
	*rekeyv1.Migration
	Styles     template.CSS
	ScriptHash string
	All        counts
	Grid       *grid
	Waves      []wave
	Chart      template.HTML
	Moments    []moment
	Events     []event
}

// Title is the migration's name, or its id where it has none.
func (f *front) Title() string {
	if name := f.GetSpec().GetDisplayName(); name != "" {
		return name
	}
	return f.GetId()
}

// Shares are the outcomes that there are, the worst first.
func (f *front) Shares() []share { return f.All.shares() }

// Total is how many canaries the migration has.
func (f *front) Total() int { return f.All.total() }

// Legend is every outcome that the page shows.
func (f *front) Legend() []outcome {
	all := f.All
	for _, row := range f.Grid.Rows {
		for _, t := range row.Tiles {
			if t.Worst == unreachable && t.Total > 0 {
				all[unreachable]++
			}
		}
	}
	var list []outcome
	for _, s := range all.shares() {
		list = append(list, s.Outcome)
	}
	return list
}

// Resting are the outcomes that the chart shows.
func (f *front) Resting() []share {
	if len(f.Moments) == 0 {
		return nil
	}
	return f.Moments[len(f.Moments)-1].Rested.shares()
}

// Samples are a dozen of the moments: the chart in numbers.
func (f *front) Samples() []moment {
	var list []moment
	for i := 0; i < len(f.Moments); i += steps / 12 {
		list = append(list, f.Moments[i])
	}
	return list
}

// compose writes the file: what was counted, then the lists that were written meanwhile.
func compose(to io.Writer, m *rekeyv1.Migration, l *listing) error {
	moments := l.pace.moments()
	drawn, err := chart(moments, m.GetWaves())
	if err != nil {
		return err
	}
	view := &front{
		Migration: m, Styles: styles(), ScriptHash: scriptHash(), All: l.fleet.all, Grid: l.fleet.grid(), Waves: waves(m),
		Chart: drawn, Moments: moments, Events: events(m),
	}
	out := bufio.NewWriter(to)
	for _, write := range []func(io.Writer) error{
		executing("front", view),
		l.lists.byHand.write,
		l.lists.unfinished.write,
		l.lists.held.write,
		executing("keys", l.keys.list),
		executing("canaries-begin", view),
		l.lists.canaries.copyTo,
		executing("end", script()),
	} {
		if err := write(out); err != nil {
			return err
		}
	}
	return out.Flush()
}

func executing(template string, view any) func(io.Writer) error {
	return func(out io.Writer) error { return page.ExecuteTemplate(out, template, view) }
}
