package performance

import (
	"fmt"
	"maps"

	"rekey/bench/peers"
)

// contest is what rekey and plain programs made of the same work.
type contest struct{ *peers.Result }

func (c *contest) goals(section string) (list []goal) {
	if c == nil {
		return nil
	}
	for _, g := range c.Goals {
		list = append(list, atMost(section, g.Name, g.Most, g.Got))
	}
	finished, kills := 0, 0
	for _, k := range c.Kills {
		if k.Contender != peers.Rekey {
			continue
		}
		kills++
		if k.Finished() && k.Again == "" {
			finished++
		}
	}
	if kills > 0 {
		list = append(list, atLeast(section, "fleets that rekey finishes after a kill", float64(kills), float64(finished)))
	}
	return append(list, none(section, "invariants broken", len(c.Broken), fmt.Sprintf("%d comparisons and %d kills", len(c.Answers), len(c.Kills))))
}

// Made says how it was measured.
func (c *contest) Made() string {
	return made(c.When, "go run ./bench peers", where(c.Machine), with(c.Versions), fmt.Sprintf("seed %d", c.Seed))
}

// Questions are the comparisons.
func (c *contest) Questions() (list []question) {
	for _, a := range c.Result.Answers {
		list = append(list, question{a})
	}
	return list
}

// question is one comparison.
type question struct{ peers.Answer }

// Name is what was compared.
func (q question) Name() string { return q.Question.Name }

// Work is what was done, and its bound.
func (q question) Work() string {
	w := q.Question.Workload
	text := fmt.Sprintf("%s canaries in %d cells, AWS %g times faster than real time. The bound is %s s: %s s of AWS's own waits",
		grouped(w.Canaries), w.Accounts*w.Regions, w.TimeScale, figure(q.Bound.Seconds), figure(q.Bound.Waits))
	if queue := q.Bound.Queue; queue.Seconds > 0 {
		text += fmt.Sprintf(" and %s s in which the limit of %s lets the last call through", figure(queue.Seconds), queue.Operation)
	}
	return text + "."
}

// Table has a row for each contender.
func (q question) Table() string {
	t := newTable("contender", "runs", "seconds (least to most)", "of the bound", "CPU ms per canary", "calls per canary", "throttled", "load before")
	for _, s := range q.Summaries {
		t.row(string(s.Contender), s.Runs, fmt.Sprintf("%s (%s to %s)", figure(s.Seconds.Median), figure(s.Seconds.Least), figure(s.Seconds.Most)),
			figure(s.Seconds.Median/q.Bound.Seconds), figure(s.CPU.Median), figure(s.Calls.Median), percent(s.Throttled.Median), figure(s.Load.Median))
	}
	return t.String()
}

// Plot is the seconds of each contender beside the bound, of each comparison. Those of one after the other are left out, since
// nothing else could be seen beside them.
func (c *contest) Plot() (*drawing, error) {
	var groups []bar
	for _, a := range c.Result.Answers {
		g := bar{name: a.Question.Name, values: []float64{a.Bound.Seconds, 0, 0}}
		for _, s := range a.Summaries {
			switch s.Contender {
			case peers.Goroutines:
				g.values[1] = s.Seconds.Median
			case peers.Rekey:
				g.values[2] = s.Seconds.Median
			case peers.OneByOne:
			}
		}
		groups = append(groups, g)
	}
	return bars("seconds", []string{"bound", string(peers.Goroutines), string(peers.Rekey)}, groups)
}

// Left is what each contender left behind when it was killed half-way, and in the end.
func (c *contest) Left() string {
	t := newTable("contender", "when", "untouched", "between", "done", "unused grants: old, new", "baselines of the old key", "dry runs left",
		"changes made twice", "runs lost, failed", "ended well")
	for _, k := range c.Kills {
		row := func(when string, i peers.Inventory, harm, well string) {
			t.row(string(k.Contender), when, i.Before, i.Between, i.After, fmt.Sprintf("%d, %d", i.IdleOld, i.IdleNew), i.OldBaselines, i.DryRuns,
				i.Repeated, harm, well)
		}
		row("killed", k.Left, "", "")
		row("started again, ended", k.End, fmt.Sprintf("%d, %d", k.Lost, k.Caused), yes(k.Again == ""))
	}
	return t.String()
}

// calls are the calls per canary of the first comparison, by API: the least, and those of each contender's first run.
func (c *contest) calls() (names []string, least map[string]float64, by map[peers.Contender]map[string]float64) {
	if len(c.Result.Answers) == 0 {
		return nil, nil, nil
	}
	a := c.Result.Answers[0]
	by, seen := map[peers.Contender]map[string]float64{}, maps.Clone(a.Bound.Least)
	for _, r := range a.Runs {
		if by[r.Contender] != nil || r.Contender == peers.OneByOne {
			continue
		}
		calls := map[string]float64{}
		for name, n := range r.Calls {
			calls[name] = float64(n) / float64(r.Canaries)
			seen[name] = max(seen[name], calls[name])
		}
		by[r.Contender] = calls
	}
	return byCount(seen), a.Bound.Least, by
}

// Calls is the table of them.
func (c *contest) Calls() string {
	names, least, by := c.calls()
	t := newTable("calls per canary", "the least", string(peers.Goroutines), string(peers.Rekey))
	sums := [3]float64{}
	for _, name := range names {
		row := [3]float64{least[name], by[peers.Goroutines][name], by[peers.Rekey][name]}
		for i, n := range row {
			sums[i] += n
		}
		t.row(name, figure(row[0]), figure(row[1]), figure(row[2]))
	}
	t.row("**all**", figure(sums[0]), figure(sums[1]), figure(sums[2]))
	return t.String()
}

// often is how many times for each canary calls are made that the plot shows.
const often = 0.25

// CallsPlot shows those that are made often.
func (c *contest) CallsPlot() (*drawing, error) {
	names, least, by := c.calls()
	var groups []bar
	for _, name := range names {
		g := bar{name, []float64{least[name], by[peers.Goroutines][name], by[peers.Rekey][name]}}
		if max(g.values[0], g.values[1], g.values[2]) >= often {
			groups = append(groups, g)
		}
	}
	return bars("calls per canary", []string{"the least", string(peers.Goroutines), string(peers.Rekey)}, groups)
}
