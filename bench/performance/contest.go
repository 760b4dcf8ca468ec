package performance

import (
	"fmt"
	"slices"

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

// compared are those whose calls are counted.
var compared = []string{"the least", string(peers.Goroutines), string(peers.Rekey)}

// calls are the calls per canary of the first comparison, by API, the most frequent first: the least, and those of each
// contender's first run.
func (c *contest) calls() (list []bar) {
	if len(c.Result.Answers) == 0 {
		return nil
	}
	a := c.Result.Answers[0]
	goroutines, rekey := first(a.Runs, peers.Goroutines), first(a.Runs, peers.Rekey)
	most := map[string]float64{}
	for _, counts := range []map[string]float64{a.Bound.Least, goroutines, rekey} {
		for name, n := range counts {
			most[name] = max(most[name], n)
		}
	}
	for _, name := range byCount(most) {
		list = append(list, bar{name, []float64{a.Bound.Least[name], goroutines[name], rekey[name]}})
	}
	return list
}

// first are the calls per canary of a contender's first run.
func first(runs []peers.Run, c peers.Contender) map[string]float64 {
	calls := map[string]float64{}
	i := slices.IndexFunc(runs, func(r peers.Run) bool { return r.Contender == c })
	if i < 0 {
		return calls
	}
	for name, n := range runs[i].Calls {
		calls[name] = float64(n) / float64(runs[i].Canaries)
	}
	return calls
}

// Calls is the table of them.
func (c *contest) Calls() string {
	t := newTable("calls per canary", compared[0], compared[1], compared[2])
	all := bar{"**all**", make([]float64, len(compared))}
	list := c.calls()
	for _, b := range list {
		for i, n := range b.values {
			all.values[i] += n
		}
	}
	for _, b := range append(list, all) {
		t.row(b.name, figure(b.values[0]), figure(b.values[1]), figure(b.values[2]))
	}
	return t.String()
}

// often is how many times for each canary calls are made that the plot shows.
const often = 0.25

// CallsPlot shows those that are made often.
func (c *contest) CallsPlot() (*drawing, error) {
	seldom := func(b bar) bool { return slices.Max(b.values) < often }
	return bars("calls per canary", compared, slices.DeleteFunc(c.calls(), seldom))
}
