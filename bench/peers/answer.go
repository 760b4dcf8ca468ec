package peers

import (
	"context"
	"fmt"
	"slices"
)

// Answer is what a question came to.
type Answer struct {
	Question  Question  `json:"question"`
	Limits    []Limit   `json:"limits,omitempty"`
	Bound     Bound     `json:"bound"`
	Runs      []Run     `json:"runs"`
	Summaries []Summary `json:"summaries"`
	// ToBound and ToGoroutines are rekey's time in relation to the bound's and to the plain program's.
	ToBound      float64 `json:"rekey_to_bound"`
	ToGoroutines float64 `json:"rekey_to_goroutines"`
}

// Summary is what a contender's runs have in common.
type Summary struct {
	Contender Contender `json:"contender"`
	Runs      int       `json:"runs"`
	// Seconds are of the whole fleet: where fewer canaries were migrated, in proportion to them.
	Seconds Spread `json:"seconds"`
	Plan    Spread `json:"plan_seconds"`
	CPU     Spread `json:"cpu_ms_per_canary"`
	Calls   Spread `json:"calls_per_canary"`
	// Throttled is the share of the calls that was throttled, 0 to 1.
	Throttled Spread `json:"throttled"`
	// Queue is the longest of the runs' queues.
	Queue Queue `json:"queue"`
	// Load is the machine's load before the runs.
	Load Spread `json:"load_before"`
}

// Spread is the median of some runs' figures, with the least and the most of them.
type Spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func spreadOf(runs []Run, figure func(Run) float64) Spread {
	figures := make([]float64, len(runs))
	for i, r := range runs {
		figures[i] = figure(r)
	}
	slices.Sort(figures)
	middle := len(figures) / 2
	median := figures[middle]
	if len(figures)%2 == 0 {
		median = (figures[middle-1] + figures[middle]) / 2
	}
	return Spread{Median: median, Least: figures[0], Most: figures[len(figures)-1]}
}

// answer lets the contenders take turns, since the machine is not equally busy all the time.
func (b *bench) answer(ctx context.Context, q Question) (Answer, error) {
	a := Answer{Question: q, Bound: q.Workload.bound()}
	if q.Workload.Limited {
		a.Limits = q.Workload.limits()
	}
	tellf(b.log, "%s: %d canaries in %d cells, %g times faster than real time; the bound is %.1f s\n",
		q.Name, q.Workload.Canaries, q.Workload.cells(), q.Workload.TimeScale, a.Bound.Seconds)
	for n := range q.Repeats {
		for _, c := range []Contender{Goroutines, Rekey} {
			r, err := b.measure(ctx, c, q.Workload, fmt.Sprintf("%s-%d-%s", slug(q.Name), n+1, slug(string(c))))
			if err != nil {
				return a, fmt.Errorf("%s, %s: %w", q.Name, c, err)
			}
			a.Runs = append(a.Runs, r)
		}
	}
	if q.OneByOne > 0 {
		some := q.Workload
		some.Canaries = min(q.OneByOne, some.Canaries)
		r, err := b.measure(ctx, OneByOne, some, slug(q.Name)+"-"+slug(string(OneByOne)))
		if err != nil {
			return a, fmt.Errorf("%s, %s: %w", q.Name, OneByOne, err)
		}
		a.Runs = append(a.Runs, r)
	}
	a.sum()
	return a, nil
}

// sum works out the summaries and the ratios.
func (a *Answer) sum() {
	medians := map[Contender]float64{}
	for _, c := range []Contender{Goroutines, OneByOne, Rekey} {
		runs := slices.DeleteFunc(slices.Clone(a.Runs), func(r Run) bool { return r.Contender != c })
		if len(runs) == 0 {
			continue
		}
		whole := float64(a.Question.Workload.Canaries)
		s := Summary{
			Contender: c, Runs: len(runs),
			Seconds: spreadOf(runs, func(r Run) float64 { return r.Seconds * whole / float64(r.Canaries) }),
			Plan:    spreadOf(runs, func(r Run) float64 { return r.PlanSeconds }),
			CPU:     spreadOf(runs, func(r Run) float64 { return r.cpu() * 1000 / float64(r.Canaries) }),
			Calls:   spreadOf(runs, func(r Run) float64 { return float64(r.Calls.sum()) / float64(r.Canaries) }),
			Load:    spreadOf(runs, func(r Run) float64 { return r.Load }),
			Throttled: spreadOf(runs, func(r Run) float64 {
				return float64(r.Throttled.sum()) / float64(max(r.Calls.sum(), 1))
			}),
		}
		for _, r := range runs {
			if r.Queue.Seconds > s.Queue.Seconds {
				s.Queue = r.Queue
			}
		}
		medians[c] = s.Seconds.Median
		a.Summaries = append(a.Summaries, s)
	}
	a.ToBound, a.ToGoroutines = medians[Rekey]/a.Bound.Seconds, medians[Rekey]/medians[Goroutines]
}
