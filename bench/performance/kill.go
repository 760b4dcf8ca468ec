package performance

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot/plotter"

	"rekey/durable/kill/matrix"
	"rekey/durable/kill/point"
)

// kill is what the kill matrix came to.
type kill struct{ *matrix.Report }

func (k *kill) goals(section string) []goal {
	if k == nil {
		return nil
	}
	different, unreached := 0, 0
	for _, r := range k.Results {
		if !r.Equal {
			different++
		}
		if !r.Reached {
			unreached++
		}
	}
	cases := grouped(len(k.Results)) + " cases"
	return []goal{
		none(section, "cases whose lasting changes differ", different, cases),
		none(section, "points that were never reached", unreached, cases),
		none(section, "names of points without a case", k.without(), grouped(len(k.Names)*len(k.victims()))+" names, each for a process"),
		none(section, "processes that died without having been killed", len(k.Died), "the plays' processes"),
	}
}

// Made says how it was measured.
func (k *kill) Made() string {
	return made(k.When, "make kill-matrix", where(k.Machine), with(k.Versions),
		fmt.Sprintf("seed %d, %g simulated seconds in a real one, %d plays side by side", k.Seed, k.TimeScale, k.Parallel))
}

// victims are the processes that were killed, in the order of the passes.
func (k *kill) victims() (list []string) {
	for _, r := range k.Results {
		if !slices.Contains(list, r.Victim) {
			list = append(list, r.Victim)
		}
	}
	return list
}

// group is a name of points in one of the scenario's stages, as the report lists it, at which a victim was killed.
type group struct{ victim, name string }

// groups are how many cases there are of each.
func (k *kill) groups() map[group]int {
	counts := map[group]int{}
	for _, r := range k.Results {
		counts[group{r.Victim, matrix.NameOf(r.Stage, r.Point)}]++
	}
	return counts
}

// without is how many names have no case of some victim: the matrix was interrupted.
func (k *kill) without() int {
	n, groups := 0, k.groups()
	for _, victim := range k.victims() {
		for name := range k.Names {
			if groups[group{victim, name}] == 0 {
				n++
			}
		}
	}
	return n
}

// Subjects is how many points of one name and stage a victim was killed at, at most.
func (k *kill) Subjects() int {
	most := 0
	for _, n := range k.groups() {
		most = max(most, n)
	}
	return most
}

// recoveries are the cases of a victim and kind, or of all kinds, and the times from restart to progress, sorted.
func (k *kill) recoveries(victim string, kind point.Kind) (cases, equal int, seconds []float64) {
	for _, r := range k.Results {
		if r.Victim != victim || kind != "" && r.Point.Kind != kind {
			continue
		}
		cases++
		if r.Reached && r.Equal {
			equal++
		}
		if r.Reached {
			seconds = append(seconds, r.Recovery)
		}
	}
	slices.Sort(seconds)
	return cases, equal, seconds
}

// Table is the cases by victim and kind of point.
func (k *kill) Table() string {
	t := newTable("killed", "at", "cases", "equal", "recovery p50, s", "longest, s")
	for _, victim := range k.victims() {
		for _, kind := range append(point.Kinds(), "") {
			cases, equal, seconds := k.recoveries(victim, kind)
			if cases == 0 {
				continue
			}
			half, most := "–", "–"
			if len(seconds) > 0 {
				half, most = figure(middle(seconds)), figure(seconds[len(seconds)-1])
			}
			t.row(victim, cmp.Or(string(kind), "**all**"), cases, equal, half, most)
		}
	}
	return t.String()
}

// Plot is how many of the cases of each victim had recovered after how long.
func (k *kill) Plot() (*drawing, error) {
	var list []series
	for _, victim := range k.victims() {
		_, _, seconds := k.recoveries(victim, "")
		points := plotter.XYs{{X: 0, Y: 0}}
		for i, s := range seconds {
			points = append(points, plotter.XY{X: s, Y: 100 * float64(i+1) / float64(len(seconds))})
		}
		list = append(list, series{victim, points})
	}
	p := newPlot("seconds from the restart to the next progress", "% of the cases")
	p.Legend.Top = false
	return p, lines(p, list, func(l *plotter.Line) { l.StepStyle = plotter.PostStep })
}
