package performance

import (
	"fmt"
	"slices"
)

// verdict is what became of a goal.
type verdict string

const (
	met      verdict = "met"
	missedIt verdict = "**missed**"
	open     verdict = "not measured" // at the size that the goal speaks of
)

// goal is what was asked for, and what was got.
type goal struct {
	section, what, want, got string
	verdict                  verdict
}

// judge is the verdict on a condition.
func judge(holds bool) verdict {
	if holds {
		return met
	}
	return missedIt
}

// atMost is a goal for a figure that is not to be exceeded, atLeast for one that is to be reached.
func atMost(section, what string, most, got float64) goal {
	return goal{section, what, "≤ " + figure(most), figure(got), judge(got <= most)}
}

func atLeast(section, what string, least, got float64) goal {
	return goal{section, what, "≥ " + figure(least), figure(got), judge(got >= least)}
}

// none is a goal for a count of what must not be; of is what it was counted among.
func none(section, what string, count int, of string) goal {
	return goal{section, what, "0", fmt.Sprintf("%d of %s", count, of), judge(count == 0)}
}

// at says at which size a goal was measured, and at which it was asked for. What holds at a smaller one proves nothing.
func (g goal) at(size, asked int) goal {
	g.want += " at " + grouped(asked)
	g.got += " at " + grouped(size)
	if size < asked && g.verdict == met {
		g.verdict = open
	}
	return g
}

// goals are the goals of all sections.
func (r *Results) goals() []goal {
	return slices.Concat(
		section("Killed anywhere", r.Kill), section("Faults", r.Faults), section("Load on the API", r.Load),
		section("Control verbs", r.Control), section("Scale", r.Scale), section("Limits", r.Limiter), section("Edits", r.Edits),
		section("Peers", r.Peers), section("Temporal's cost", r.Designs),
	)
}

// judged is a result with goals. Its method has to take that there is no result.
type judged interface{ goals(section string) []goal }

// section is the goals of a result, or a line that says that there is none.
func section(name string, r judged) []goal {
	if list := r.goals(name); len(list) > 0 {
		return list
	}
	return []goal{{section: name, verdict: open}}
}

// Goals is the table of them.
func (r *Results) Goals() string {
	t := newTable("part", "goal", "asked for", "measured", "")
	last := ""
	for _, g := range r.goals() {
		name := g.section
		if name == last {
			name = ""
		}
		last = g.section
		t.row(name, g.what, g.want, g.got, string(g.verdict))
	}
	return t.String()
}
