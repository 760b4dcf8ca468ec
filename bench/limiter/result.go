package limiter

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/machine"
	"rekey/bench/record"
)

// Workload is what all cases have in common.
type Workload struct {
	// Share is the workers' --aws-rate-share.
	Share float64 `json:"share"`
	// SettleSeconds is how long the workers look for the limit before they are measured, for MeasureSeconds.
	SettleSeconds  float64 `json:"settle_seconds"`
	MeasureSeconds float64 `json:"measure_seconds"`
}

// Case is a limit, and what workers with more to call than it allows made of it.
type Case struct {
	// Limit is in calls per second, and Bucket the calls that may come at once.
	Limit   float64 `json:"limit_per_second"`
	Bucket  float64 `json:"bucket"`
	Workers int     `json:"workers"`

	// Used is the part of what the limit allows that was called, Throttled the part of the calls that were throttled.
	Used      float64 `json:"used"`
	Throttled float64 `json:"throttled"`
	// Rates are what each worker takes for what it may call in a second, at the end.
	Rates []float64 `json:"rates_per_second"`
	// Searching is how many calls were throttled before, while the limit was looked for.
	Searching int64 `json:"throttled_while_searching"`
	Met       bool  `json:"goals_met"`
}

// Result is what was measured, all cases side by side.
type Result struct {
	Machine  machine.Machine `json:"machine"`
	Go       string          `json:"go"`
	When     time.Time       `json:"when"`
	Workload Workload        `json:"workload"`
	Cases    []*Case         `json:"cases"`
}

func newResult(w Workload, cases []*Case) *Result {
	return &Result{Machine: machine.This(), Go: runtime.Version(), When: time.Now().UTC(), Workload: w, Cases: cases}
}

// missed is how many cases miss a goal. With a share below 1 nothing is promised of what is used.
func (r *Result) missed() int {
	n := 0
	for _, c := range r.Cases {
		if !c.Met {
			n++
		}
	}
	return n
}

// broken is how many cases did not find their limit at all.
func (r *Result) broken() int {
	n := 0
	for _, c := range r.Cases {
		if c.Used < unused && r.Workload.Share == 1 || c.Throttled > overstepped {
			n++
		}
	}
	return n
}

func (r *Result) print(w io.Writer) {
	t := record.NewTable(w, "limit/s", "bucket", "workers", "used %", "throttled %", "rates/s", "throttled while searching")
	for _, c := range r.Cases {
		t.AppendRow(table.Row{
			c.Limit, c.Bucket, c.Workers, fmt.Sprintf("%.1f", 100*c.Used), fmt.Sprintf("%.2f", 100*c.Throttled),
			fmt.Sprintf("%.2f", c.Rates), c.Searching,
		})
	}
	t.Render()
	_, _ = fmt.Fprintf(w, "limiter: cases=%d goals_missed=%d broken=%d\n", len(r.Cases), r.missed(), r.broken())
}
