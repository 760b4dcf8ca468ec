package migrate

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/record"
)

// print shows one size's figures.
func (r *Result) print(w io.Writer) {
	t := record.NewTable(w, "measured", "value")
	t.AppendRows([]table.Row{
		{"canaries, cells", []int{r.Workload.Canaries, r.Workload.Cells}},
		{"seconds to plan", r.PlanSeconds},
		{"seconds to migrate", r.MigrateSeconds},
		{"canaries migrated per second", r.CanariesPerSecond},
		{"AWS calls per canary to plan", r.CallsToPlan},
		{"AWS calls per canary to migrate", r.CallsPerCanary},
		{"history events per canary", r.EventsPerCanary},
		{"billable actions per canary", r.ActionsPerCanary},
		{"runs lost, failed because of the migration", []int{r.RunsLost, r.RunsCaused}},
	})
	t.AppendSeparator()
	appendCosts(t, "AWS calls, ", r.Calls)
	t.AppendSeparator()
	appendCosts(t, "actions that the server counts, ", r.ServerActions)
	t.AppendSeparator()
	for _, process := range byCost(r.CPU) {
		t.AppendRow(table.Row{"CPU ms per canary (to plan), " + process, fmt.Sprint(r.CPU[process], " (", r.CPUToPlan[process], ")")})
		t.AppendRow(table.Row{"memory MiB at the end (peak), " + process, fmt.Sprint(r.MemoryMB[process], " (", r.PeakMB[process], ")")})
	}
	t.Render()
	r.printHistories(w)
}

// printHistories shows what the histories hold, per canary.
func (r *Result) printHistories(w io.Writer) {
	t := record.NewTable(w, "histories", "what", "per canary")
	for _, name := range slices.Sorted(maps.Keys(r.Histories)) {
		h := r.Histories[name]
		t.AppendRow(table.Row{name, fmt.Sprintf("%d runs, the longest of %d events and %g MiB", h.Runs, h.LongestEvents, h.LongestMB), ""})
		for _, part := range []struct {
			what   string
			counts map[string]float64
		}{{"event", h.Events}, {"activity", h.Activities}, {"retry", h.Retries}, {"action", h.Actions}} {
			for _, key := range byCost(part.counts) {
				t.AppendRow(table.Row{"", part.what + " " + key, part.counts[key]})
			}
		}
		t.AppendSeparator()
	}
	t.Render()
}

// print shows how costs grow.
func (r *Report) print(w io.Writer) {
	if len(r.Growth) == 0 {
		return
	}
	t := record.NewTable(w, "cost per canary", "from", "to", "ratio")
	for _, g := range r.Growth {
		for _, what := range slices.Sorted(maps.Keys(g.Ratio)) {
			t.AppendRow(table.Row{what, g.From, g.To, g.Ratio[what]})
		}
	}
	t.Render()
}

// appendCosts appends what costs anything to two digits, the most expensive first.
func appendCosts(t table.Writer, what string, costs map[string]float64) {
	for _, name := range byCost(costs) {
		if costs[name] > 0 {
			t.AppendRow(table.Row{what + name, costs[name]})
		}
	}
}

// byCost is a map's keys, the most expensive first.
func byCost(m map[string]float64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
}
