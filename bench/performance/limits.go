package performance

import (
	"fmt"
	"time"

	"rekey/bench/edits"
	"rekey/bench/limiter"
)

// The goals of the limiter, in parts of what is allowed and of what is called.
const (
	leastUsed     = 0.9
	mostThrottled = 0.01
)

// limits is what workers made of limits that they did not know.
type limits struct{ *limiter.Result }

func (l *limits) goals(section string) (list []goal) {
	if l == nil {
		return nil
	}
	for _, c := range l.Cases {
		list = append(list, goal{
			section, limitCase(c), "≥ " + percent(leastUsed) + " used, < " + percent(mostThrottled) + " throttled",
			percent(c.Used) + ", " + percent(c.Throttled), judge(c.Used >= leastUsed && c.Throttled < mostThrottled),
		})
	}
	return list
}

func limitCase(c *limiter.Case) string {
	return fmt.Sprintf("%g calls a second, a bucket of %g, workers: %d", c.Limit, c.Bucket, c.Workers)
}

// Made says how it was measured.
func (l *limits) Made() string {
	return made(l.When.Format(time.RFC3339), "go run ./bench limiter", where(l.Machine), l.Go,
		fmt.Sprintf("for %g seconds, after %g to look for the limit; share of the limit %g",
			l.Workload.MeasureSeconds, l.Workload.SettleSeconds, l.Workload.Share))
}

// Table is what was used and throttled in each case.
func (l *limits) Table() string {
	t := newTable("limit, calls/s", "bucket", "workers", "used", "throttled", "throttled while it was looked for, calls")
	for _, c := range l.Cases {
		t.row(figure(c.Limit), figure(c.Bucket), c.Workers, percent(c.Used), percent(c.Throttled), c.Searching)
	}
	return t.String()
}

// turns is how many runs go on at once, by when canaries are edited.
type turns struct{ *edits.Result }

func (e *turns) goals(section string) (list []goal) {
	if e == nil {
		return nil
	}
	for _, row := range e.Rows {
		due := row.Ways[edits.WhenDue]
		list = append(list, goal{
			section, "runs at once, midway and after, " + row.Fleet.String(), "≤ before: " + grouped(row.Before),
			grouped(due.Midway) + ", " + grouped(due.After), judge(max(due.Midway, due.After) <= row.Before),
		})
	}
	return list
}

// Made says how it was computed.
func (e *turns) Made() string {
	return made(e.When, "go run ./bench edits", fmt.Sprintf("computed, seed %d", e.Seed))
}

// Table has a column for each way.
func (e *turns) Table() string {
	ways := []edits.Way{edits.AsSoonAsCanBe, edits.Evenly, edits.WhenDue}
	header := []any{"cells × canaries", "before"}
	for _, way := range ways {
		header = append(header, string(way)+": midway, after")
	}
	t := newTable(header...)
	for _, row := range e.Rows {
		cells := []any{row.Fleet.String(), grouped(row.Before)}
		for _, way := range ways {
			cells = append(cells, grouped(row.Ways[way].Midway)+", "+grouped(row.Ways[way].After))
		}
		t.row(cells...)
	}
	return t.String()
}
