package peers

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/record"
)

// show shows the tables.
func (r *Result) show(w io.Writer) {
	for _, a := range r.Answers {
		a.show(w)
	}
	r.showKills(w)
	t := record.NewTable(w, "goal", "at most", "got", "met")
	for _, g := range r.Goals {
		t.AppendRow(table.Row{g.Name, g.Most, figure(g.Got), g.met()})
	}
	t.Render()
	for _, b := range r.Broken {
		tellf(w, "broken: %s\n", b)
	}
}

func (a Answer) show(w io.Writer) {
	q := a.Question.Workload
	tellf(w, "\n%s: %d canaries, %d cells, %g times faster than real time; bound %.1f s = %.1f s of waits + %.1f s of %s\n",
		a.Question.Name, q.Canaries, q.cells(), q.TimeScale, a.Bound.Seconds, a.Bound.Waits, a.Bound.Queue.Seconds, orNone(a.Bound.Queue.Operation))
	t := record.NewTable(w, "contender", "runs", "seconds (least-most)", "planning", "to bound", "CPU ms", "calls", "throttled %", "own queue s", "load")
	for _, s := range a.Summaries {
		t.AppendRow(table.Row{
			s.Contender, s.Runs, fmt.Sprintf("%.1f (%.1f-%.1f)", s.Seconds.Median, s.Seconds.Least, s.Seconds.Most),
			figure(s.Plan.Median), figure(s.Seconds.Median / a.Bound.Seconds), figure(s.CPU.Median), figure(s.Calls.Median), figure(100 * s.Throttled.Median),
			fmt.Sprintf("%.1f %s", s.Queue.Seconds, s.Queue.Operation), figure(s.Load.Median),
		})
	}
	t.Render()
	a.showStretches(w)
}

// showStretches shows when changes were made in the first run of each contender.
func (a Answer) showStretches(w io.Writer) {
	t := record.NewTable(w, "contender", "change", "how many", "from s", "until s", "limit used %")
	shown := map[Contender]bool{}
	for _, r := range a.Runs {
		if shown[r.Contender] {
			continue
		}
		shown[r.Contender] = true
		for _, s := range r.Stretches {
			t.AppendRow(table.Row{r.Contender, s.Operation, s.Calls, figure(s.From), figure(s.Until), figure(100 * s.Used)})
		}
		t.AppendSeparator()
	}
	t.Render()
}

func (r *Result) showKills(w io.Writer) {
	if len(r.Kills) == 0 {
		return
	}
	tellf(w, "\nkilled half-way, and then started again\n")
	t := record.NewTable(w,
		"contender", "when", "before", "between", "after", "unused old grants", "unused new grants", "old baselines", "dry runs", "repeated",
		"runs lost", "runs failed", "ended well")
	for _, k := range r.Kills {
		row := func(when string, i Inventory, more ...any) {
			t.AppendRow(append(table.Row{
				k.Contender, when, i.Before, i.Between, i.After, i.IdleOld, i.IdleNew, i.OldBaselines, i.DryRuns, i.Repeated,
			}, more...))
		}
		row("killed", k.Left)
		row("in the end", k.End, k.Lost, k.Caused, k.Again == "")
	}
	t.Render()
}

func figure(x float64) string { return fmt.Sprintf("%.2f", x) }

func orNone(s string) string {
	if s == "" {
		return "queues"
	}
	return s
}

// tellf writes to a terminal or a buffer, which have nobody to tell of an error.
func tellf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
