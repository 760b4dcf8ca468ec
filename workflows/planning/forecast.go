package planning

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"rekey/workflows"
)

// Expect is what carrying out a plan is expected to take, if nothing is in the way: no throttling, no failure, nobody
// else's edits. What changes something is counted as the stories do it; how often something is looked at until it is so
// follows from the waits that are usual (expected.go). What was called to make the plan is not in it, nor is AssumeRole,
// which each worker calls once an hour for an account.
func Expect(o Observed, canaries []workflows.Canary) workflows.Forecast {
	f := workflows.Forecast{Losing: losers(canaries)}
	items := slices.DeleteFunc(slices.Clone(canaries), func(c workflows.Canary) bool { return c.State != workflows.Pending })
	if len(items) == 0 {
		o.peak(&f, canaries)
		return f
	}
	sheet := calls{}
	for _, item := range items {
		s := o.story(item)
		sheet.tell(s)
		f.ExtraRuns += s.extraRuns()
		f.Canary = widen(f.Canary, s.duration(o.AccessSettle))
		if interval := s.interval; interval.Most > 0 {
			f.Interval = widen(f.Interval, interval)
		}
		if s.whenDue {
			f.Spread = max(f.Spread, s.interval.Most)
		}
	}
	if f.Spread > 0 {
		sheet.add(pages(len(o.Census.Canaries), lastRunPage), "synthetics:DescribeCanariesLastRun") // when runs are due
	}
	o.peak(&f, canaries)
	sheet.give(items, o.MaxConcurrent)
	sheet.waitForRuns(o, items)
	if pairs := removable(items); len(pairs) > 0 {
		sheet.remove(o, items, pairs)
		f.Access = workflows.TimeRange{Least: o.Policies.RevokeWatch, Most: o.Policies.RevokeWatch + longestRun}
	}
	f.Calls = sheet
	return f
}

// losers counts canaries by the viewers who lose sight of their new artifacts: at most workflows.MaxLosing, those who lose
// most.
func losers(canaries []workflows.Canary) map[string]int {
	counts := map[string]int{}
	for _, c := range canaries {
		for _, v := range c.Viewers {
			if !v.CarriedOver && c.State == workflows.Pending {
				counts[v.PrincipalARN]++
			}
		}
	}
	return most(counts)
}

// most are the largest counts, at most workflows.MaxLosing.
func most(counts map[string]int) map[string]int {
	if len(counts) == 0 {
		return nil
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, name := range names[min(len(names), workflows.MaxLosing):] {
		delete(counts, name)
	}
	return counts
}

// widen is the range of both; a range that has no end is none yet.
func widen(a, b workflows.TimeRange) workflows.TimeRange {
	if a.Most == 0 {
		return b
	}
	return workflows.TimeRange{Least: min(a.Least, b.Least), Most: max(a.Most, b.Most)}
}

// plus is one range after the other.
func plus(a, b workflows.TimeRange) workflows.TimeRange {
	return workflows.TimeRange{Least: a.Least + b.Least, Most: a.Most + b.Most}
}

// during is how many looks are made in a time, one at its end included.
func during(d, every time.Duration) int { return int(d/every) + 1 }
