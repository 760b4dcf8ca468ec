package designs

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/history"
	"rekey/bench/machine"
	"rekey/bench/record"
)

// Figures are what a design cost, per canary.
type Figures struct {
	CanariesPerSecond float64 `json:"canaries_per_second"`
	Events            float64 `json:"history_events"`
	Actions           float64 `json:"billable_actions"`
	ServerMs          float64 `json:"server_cpu_ms"`
	WorkerMs          float64 `json:"worker_cpu_ms"`
	// LongestEvents and LongestMB are those of the longest history, whosever it is.
	LongestEvents int64   `json:"longest_events"`
	LongestMB     float64 `json:"longest_mb"`
}

func figures(w workload, seconds float64, server, worker time.Duration, counts map[string]*history.Count) Figures {
	n := float64(w.canaries)
	sum := history.New()
	for _, count := range counts {
		sum.Merge(count)
	}
	return Figures{
		CanariesPerSecond: record.Round(n / seconds), Events: record.Round(float64(history.Sum(sum.Events)) / n), Actions: record.Round(float64(history.Sum(sum.Actions)) / n),
		ServerMs: record.Round(server.Seconds() * 1000 / n), WorkerMs: record.Round(worker.Seconds() * 1000 / n),
		LongestEvents: sum.LongestEvents, LongestMB: record.Mebibytes(sum.LongestBytes),
	}
}

// Row is a design's result: the median of its repeats, and how it compares with the product's in the same run.
type Row struct {
	Design  string    `json:"design"`
	Gives   string    `json:"gives"`
	Median  Figures   `json:"median"`
	Repeats []Figures `json:"repeats"`
	// Times is how many times as many canaries per second the product's design brings to their end.
	Times float64 `json:"product_times_faster"`
}

// Result is what a run measured.
type Result struct {
	Machine  machine.Machine  `json:"machine"`
	Versions machine.Versions `json:"versions"`
	When     time.Time        `json:"when"`
	Canaries int              `json:"canaries"`
	PerCell  int              `json:"canaries_per_cell"`
	Rows     []Row            `json:"designs"`
}

// median is the repeat in the middle, by canaries per second.
func median(repeats []Figures) Figures {
	sorted := slices.SortedFunc(slices.Values(repeats), func(a, b Figures) int { return cmp.Compare(a.CanariesPerSecond, b.CanariesPerSecond) })
	return sorted[len(sorted)/2]
}

func (r *Result) compare() {
	for i := range r.Rows {
		r.Rows[i].Median = median(r.Rows[i].Repeats)
		r.Rows[i].Times = record.Round(r.Rows[0].Median.CanariesPerSecond / r.Rows[i].Median.CanariesPerSecond)
	}
}

func (r *Result) print(w io.Writer) {
	t := record.NewTable(w, "design", "canaries/s", "events", "actions", "server ms", "worker ms", "longest", "cell is … times as fast")
	for _, row := range r.Rows {
		m := row.Median
		t.AppendRow(table.Row{row.Design, m.CanariesPerSecond, m.Events, m.Actions, m.ServerMs, m.WorkerMs, m.LongestEvents, row.Times})
	}
	t.Render()
	last := r.Rows[len(r.Rows)-1]
	_, _ = fmt.Fprintf(w, "designs: measured=%d canaries=%d events=%g actions=%g times_%s=%g\n",
		len(r.Rows), r.Canaries, r.Rows[0].Median.Events, r.Rows[0].Median.Actions, last.Design, last.Times)
}
