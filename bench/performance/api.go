package performance

import (
	"fmt"
	"maps"
	"slices"

	"gonum.org/v1/plot/plotter"

	"rekey/bench/control"
	"rekey/bench/load"
)

// mostMemory is what the server and the worker may each take, in MiB.
const mostMemory = 512

// api is what load on the API came to.
type api struct{ *load.Result }

func (a *api) goals(section string) []goal {
	if a == nil {
		return nil
	}
	calls, late, unexplained := 0, 0, 0
	for _, kinds := range a.kinds() {
		for _, k := range kinds {
			calls, late, unexplained = calls+k.Calls, late+k.Late, unexplained+k.Unexplained
		}
	}
	wrong := 0
	for _, h := range a.Hostile {
		if !h.Right || !h.Recovered {
			wrong++
		}
	}
	of := grouped(calls) + " calls"
	return []goal{
		none(section, "calls that ended more than a second after their deadline", late, of),
		none(section, "calls that were turned away without a reason and a time", unexplained, of),
		none(section, "migrations lost or made twice", a.Creations.Lost+a.Creations.Twice, grouped(a.Creations.Asked)+" asked for"),
		none(section, "watchers that missed a state or saw an older one", a.Watches.Lost+a.Watches.Back, grouped(a.Watches.Watchers)+" watchers"),
		none(section, "hostile input with a wrong answer, or after which others were not served", wrong, grouped(len(a.Hostile))+" kinds"),
		atMost(section, "memory of the server, MiB", mostMemory, a.Memory.Peak),
	}
}

// kinds are how calls ended, of each step and while no worker answered.
func (a *api) kinds() (list []map[string]load.Kind) {
	for _, s := range a.Steps {
		list = append(list, s.Kinds)
	}
	return append(list, a.Stalled)
}

// Made says how it was measured.
func (a *api) Made() string {
	return made(a.When, "go run ./bench load", where(a.Machine), with(a.Versions),
		fmt.Sprintf("%s canaries in %d cells, seed %d", grouped(a.Workload.Canaries), a.Workload.Cells(), a.Workload.Seed))
}

// Latencies are those at each rate.
func (a *api) Latencies() string {
	t := newTable("calls/s", "kind", "calls", "turned away", "p50, ms", "p99, ms", "p50 to health", "p99 to health")
	for _, s := range a.Result.Steps {
		a.rows(t, grouped(s.Rate), s.Kinds)
	}
	a.rows(t, "no worker answers", a.Stalled)
	return t.String()
}

func (a *api) rows(t sheet, rate string, kinds map[string]load.Kind) {
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[name]
		t.row(rate, name, grouped(k.Calls), grouped(k.Codes["ResourceExhausted"]), some(k.Answered.P50), some(k.Answered.P99),
			some(k.ToHealth.P50), some(k.ToHealth.P99))
	}
}

// some is a figure that is 0 only where nothing was answered.
func some(x float64) string {
	if x == 0 {
		return "–"
	}
	return figure(x)
}

// Plot is the p99 of what was answered, by rate.
func (a *api) Plot() (*drawing, error) {
	points := map[string]plotter.XYs{}
	for _, s := range a.Result.Steps {
		for name, k := range s.Kinds {
			if k.Answered.P99 > 0 {
				points[name] = append(points[name], plotter.XY{X: float64(s.Rate), Y: k.Answered.P99})
			}
		}
	}
	var list []series
	for _, name := range slices.Sorted(maps.Keys(points)) {
		list = append(list, series{name, points[name]})
	}
	p := newPlot("calls a second", "p99 of what was answered, ms")
	if err := lines(p, list, nil); err != nil {
		return nil, err
	}
	p.Legend.Left = true
	logarithmic(&p.Y)
	return p, nil
}

// Attacks are the answers to hostile input.
func (a *api) Attacks() string {
	t := newTable("hostile", "answer", "right", "others served after, ms", "memory of the server, MiB")
	for _, h := range a.Hostile {
		t.row(h.Name, h.Code, yes(h.Right), figure(h.After), figure(h.Memory))
	}
	return t.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "**no**"
}

// verbs are how soon control verbs took effect, in several sizes.
type verbs []*control.Result

// soon is within what a control verb is to be effective, and inFlight at how many canaries in flight, by its goal.
const (
	soon     = 1000 // milliseconds
	inFlight = 10_000
)

func (v verbs) goals(section string) (list []goal) {
	for _, r := range v {
		for _, verb := range verbsOf(r) {
			if len(verb.Effective) == 0 {
				continue
			}
			slowest := slices.Max(verb.Effective)
			g := goal{
				section, fmt.Sprintf("%s effective, ms, slowest of %d", verb.name, len(verb.Effective)),
				"< " + grouped(soon), figure(slowest), judge(slowest < soon),
			}.at(r.InFlight, inFlight)
			g.want += " in flight"
			list = append(list, g)
		}
	}
	return list
}

// named is a verb with its name.
type named struct {
	name string
	control.Verb
}

func verbsOf(r *control.Result) []named {
	return []named{
		{"PauseMigration", r.Pause}, {"ResumeMigration", r.Resume},
		{"UpdateRollout, more", r.Widened}, {"UpdateRollout, less", r.Narrowed},
	}
}

// Made says how it was measured.
func (v verbs) Made() string {
	r := v[len(v)-1]
	command := fmt.Sprintf("go run ./bench control --in-flight %d", r.Workload.Cells()*r.Workload.Concurrency)
	return made(r.When, command, where(r.Machine), with(r.Versions), fmt.Sprintf("seed %d", r.Workload.Seed))
}

// Table is how soon each verb was answered and took effect.
func (v verbs) Table() string {
	t := newTable("in flight", "verb", "times", "answered, ms (median)", "effective, ms (median)", "slowest")
	for _, r := range v {
		for _, verb := range verbsOf(r) {
			if n := len(verb.Effective); n > 0 {
				t.row(grouped(r.InFlight), verb.name, n, figure(middle(verb.Answered)), figure(middle(verb.Effective)), figure(slices.Max(verb.Effective)))
			}
		}
	}
	return t.String()
}

// Changed is how long changes went on that a lower rate does not hold back; empty where that was not measured.
func (v verbs) Changed() string {
	r := v[len(v)-1]
	if len(r.Narrowed.Changed) == 0 {
		return ""
	}
	return fmt.Sprintf("%s ms at %s in flight (slowest of %d)",
		figure(slices.Max(r.Narrowed.Changed)), grouped(r.InFlight), len(r.Narrowed.Changed))
}

// middle is the median of some figures.
func middle(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}
