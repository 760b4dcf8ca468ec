package load

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/record"
)

func (r *Result) print(w io.Writer) {
	r.printSteps(w)
	r.printHostile(w)
	_, _ = fmt.Fprintf(w, "watches: %d had their first message after %.0f ms, %d messages, taken up again %d times, saw %v, the last end after %.0f ms\n",
		r.Watches.Watchers, r.Watches.FirstAll, r.Watches.Messages, r.Watches.Resumed, r.Watches.States, r.Watches.EndAll)
	_, _ = fmt.Fprintf(w, "creations: %d, asked for in %d attempts; server's memory: %.0f MB before, %.0f MB at most, %.0f MB after\n",
		r.Creations.Asked, r.Creations.Attempts, r.Memory.Before, r.Memory.Peak, r.Memory.After)
}

func (r *Result) printSteps(w io.Writer) {
	t := record.NewTable(w, "calls/s", "kind", "calls", "refused", "other", "p50 ms", "p99 ms", "to health", "refused p99 ms")
	rows := func(rate any, kinds map[string]Kind) {
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			k := kinds[name]
			refused := k.Codes["ResourceExhausted"]
			t.AppendRow(table.Row{
				rate, name, k.Calls, refused, k.Calls - refused - k.Codes["OK"], k.Answered.P50, k.Answered.P99,
				fmt.Sprintf("%g / %g", k.ToHealth.P50, k.ToHealth.P99), k.Refused.P99,
			})
		}
		t.AppendSeparator()
	}
	for _, step := range r.Steps {
		rows(step.Rate, step.Kinds)
	}
	rows("no worker", r.Stalled)
	t.Render()
}

func (r *Result) printHostile(w io.Writer) {
	t := record.NewTable(w, "hostile", "answer", "right", "recovered ms", "memory MB")
	for _, a := range r.Hostile {
		t.AppendRow(table.Row{a.Name, a.Code, a.Right, a.After, int(a.Memory)})
	}
	t.Render()
}
