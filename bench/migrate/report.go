package migrate

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rekey/bench/record"
	"rekey/internal/stack"
)

// Report is what a run of the benchmark measured.
type Report struct {
	When    string    `json:"when"`
	Results []*Result `json:"results"`
	// Growth are the costs per canary of each further size as a ratio to those of the first.
	Growth []Growth `json:"growth,omitempty"`
	// MostGrowth is the bound that was set; none when 0.
	MostGrowth float64 `json:"most_growth,omitempty"`
	// MostMemoryMB is the bound of what the server and the worker may each take, in MiB; none when 0.
	MostMemoryMB float64 `json:"most_memory_mb,omitempty"`
}

// Growth is how costs per canary differ between two sizes.
type Growth struct {
	From  int                `json:"from_canaries"`
	To    int                `json:"to_canaries"`
	Ratio map[string]float64 `json:"ratio"`
}

func (r *Report) add(result *Result) {
	r.Results = append(r.Results, result)
	if first := r.Results[0]; result != first {
		r.Growth = append(r.Growth, growth(first, result))
	}
}

func growth(from, to *Result) Growth {
	g := Growth{From: from.Workload.Canaries, To: to.Workload.Canaries, Ratio: map[string]float64{
		"history events":   ratio(from.EventsPerCanary, to.EventsPerCanary),
		"billable actions": ratio(from.ActionsPerCanary, to.ActionsPerCanary),
		"AWS calls":        ratio(from.CallsPerCanary+from.CallsToPlan, to.CallsPerCanary+to.CallsToPlan),
		"CPU":              ratio(from.cpu(), to.cpu()),
	}}
	for _, process := range []string{stack.Temporal, stack.Server, stack.Worker} {
		g.Ratio["CPU, "+process] = ratio(from.CPU[process], to.CPU[process])
	}
	return g
}

// cpu is the CPU of everything but the simulated AWS, planning included.
func (r *Result) cpu() float64 {
	sum := 0.0
	for _, process := range []string{stack.Temporal, stack.Server, stack.Worker} {
		sum += r.CPU[process] + r.CPUToPlan[process]
	}
	return sum
}

func ratio(from, to float64) float64 {
	if from == 0 {
		return 0
	}
	return record.Round(to / from)
}

// conclude writes the report, prints what grows, and ends in a line of counts. It fails where an invariant is broken.
func (r *Report) conclude(w io.Writer, file string) error {
	r.When = time.Now().UTC().Format(time.RFC3339)
	if err := record.Write(file, r); err != nil {
		return err
	}
	r.print(w)
	broken := r.broken()
	canaries, lost, caused := 0, 0, 0
	for _, result := range r.Results {
		canaries += result.Workload.Canaries
		lost += result.RunsLost
		caused += result.RunsCaused
	}
	_, err := fmt.Fprintf(w,
		"written to %s\nbench migrate: migrations %d, canaries %d, runs lost %d, runs failed because of the migration %d, broken %d\n",
		file, len(r.Results), canaries, lost, caused, len(broken))
	if len(broken) > 0 {
		return fmt.Errorf("broken: %s", strings.Join(broken, "; "))
	}
	return err
}

// broken are the invariants that are broken, in words.
func (r *Report) broken() []string {
	var broken []string
	for _, result := range r.Results {
		if n := result.RunsLost + result.RunsCaused; n > 0 {
			broken = append(broken, fmt.Sprintf("%d canaries: %d runs lost or failed because of the migration", result.Workload.Canaries, n))
		}
	}
	for _, result := range r.Results {
		for _, process := range []string{stack.Server, stack.Worker} {
			if peak := result.PeakMB[process]; r.MostMemoryMB > 0 && peak > r.MostMemoryMB {
				broken = append(broken, fmt.Sprintf("%d canaries: %s took %g MiB", result.Workload.Canaries, process, peak))
			}
		}
	}
	for _, g := range r.Growth {
		for what, ratio := range g.Ratio {
			if r.MostGrowth > 0 && ratio > r.MostGrowth {
				broken = append(broken, fmt.Sprintf("%s per canary at %d is %g of that at %d", what, g.To, ratio, g.From))
			}
		}
	}
	slices.Sort(broken)
	return broken
}
