package control

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/ground"
	"rekey/bench/machine"
	"rekey/bench/record"
)

// bound is how long a verb may take to be effective. That a pause does, from its answer on, is what PauseMigration promises,
// and what the benchmark fails for; the others do as soon as there is a worker for them.
const bound = time.Second

// Result is what was measured.
type Result struct {
	When     string           `json:"when"`
	Machine  machine.Machine  `json:"machine"`
	Versions machine.Versions `json:"versions"`
	Workload ground.Workload  `json:"workload"`
	Cells    int              `json:"cells"`
	// Database says that Temporal kept its state in a file.
	Database bool `json:"temporal_in_file"`
	// InFlight is how many canaries were in the middle of their story at the end.
	InFlight int `json:"in_flight"`
	// Filled is how long it took until they were, from the creation on, and Took the rounds.
	Filled time.Duration `json:"filled_ns"`
	Took   time.Duration `json:"took_ns"`
	// LoadBefore and LoadAfter are the machine's load averages over a minute: others may be using it.
	LoadBefore float64 `json:"load_before"`
	LoadAfter  float64 `json:"load_after"`
	// CPU is how much of one core each process used in the rounds, and PeakMB its resident memory at most, in MiB.
	CPU    map[string]float64 `json:"cpu"`
	PeakMB map[string]int64   `json:"peak_memory_mb"`

	GetMigration []Asked `json:"get_migration"`

	// Widened and Narrowed are UpdateRollout's with a higher and a lower rate of beginnings.
	Pause    Verb `json:"pause"`
	Resume   Verb `json:"resume"`
	Widened  Verb `json:"update_rollout_higher"`
	Narrowed Verb `json:"update_rollout_lower"`
}

// Verb is how soon a verb took effect, each time that it was called, in milliseconds.
type Verb struct {
	// Answered is from the call to the answer.
	Answered []float64 `json:"answered_ms"`
	// Effective is from the call to the first change that waited for it, to the last that a pause was to hold back, or to the
	// last canary that is begun at a higher rate than the one that was given.
	Effective []float64 `json:"effective_ms"`
	// Half and All are until half of the cells and all of them have made the first change that waited for it, 30 seconds at most.
	Half []float64 `json:"half_of_cells_ms,omitempty"`
	All  []float64 `json:"all_cells_ms,omitempty"`
	// Later is how many there were after the call that it was to hold back: changes, or canaries that were begun.
	Later []int `json:"after_call,omitempty"`
	// Changed is until the last first change of canaries that are begun, which no rate holds back.
	Changed []float64 `json:"last_first_change_ms,omitempty"`
}

// opens notes when cells changed something for the first time after a call, in their order.
func (v *Verb) opens(called time.Time, changed []time.Time) {
	v.Effective = append(v.Effective, milliseconds(changed[0].Sub(called)))
	v.Half = append(v.Half, milliseconds(changed[len(changed)/2].Sub(called)))
	v.All = append(v.All, milliseconds(changed[len(changed)-1].Sub(called)))
}

// holds notes what a call was to hold back, and when that was.
func (v *Verb) holds(called time.Time, list []time.Time) {
	later := 0
	for _, at := range list {
		if at.After(called) {
			later++
		}
	}
	v.Later = append(v.Later, later)
	v.Effective = append(v.Effective, milliseconds(latest(called, list).Sub(called)))
}

// latest is the last of times that are after another, which it is itself where none is.
func latest(after time.Time, list []time.Time) time.Time {
	for _, at := range list {
		if at.After(after) {
			after = at
		}
	}
	return after
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Microsecond).Microseconds()) / 1000
}

// later is how many of the times are above the bound.
func later(times []float64) int {
	n := 0
	for _, ms := range times {
		if ms > milliseconds(bound) {
			n++
		}
	}
	return n
}

// broken is how many times it took longer than it may after the answer.
func (v Verb) broken() int {
	n := 0
	for i, ms := range v.Effective {
		if ms-v.Answered[i] > milliseconds(bound) {
			n++
		}
	}
	return n
}

func (r *Result) verbs() []Verb { return []Verb{r.Pause, r.Resume, r.Widened, r.Narrowed} }

// conclude writes the result, prints it, and ends in a line of counts.
func (r *Result) conclude(w io.Writer, file string) error {
	r.When = time.Now().UTC().Format(time.RFC3339)
	if err := record.Write(file, r); err != nil {
		return err
	}
	r.print(w)
	var effective, all []float64
	for _, v := range r.verbs() {
		effective, all = append(effective, v.Effective...), append(all, v.All...)
	}
	_, err := fmt.Fprintf(w, "written to %s\nbench control: in_flight=%d cells=%d verbs=%d late=%d slowest_ms=%g last_cell_late=%d last_cell_ms=%g\n",
		file, r.InFlight, r.Cells, len(effective), later(effective), slices.Max(effective), later(all), slices.Max(all))
	if n := r.Pause.broken(); n > 0 {
		return fmt.Errorf("%d times something was changed later than %s after a pause was answered", n, bound)
	}
	return err
}

func (r *Result) print(w io.Writer) {
	t := record.NewTable(w, "verb", "answered, ms", "effective, ms", "in half of the cells", "in all", "changes after it")
	for i, name := range []string{"PauseMigration", "ResumeMigration", "UpdateRollout, higher", "UpdateRollout, lower"} {
		v := r.verbs()[i]
		t.AppendRow(table.Row{name, v.Answered, v.Effective, v.Half, v.All, v.Later})
	}
	t.Render()
	for _, a := range r.GetMigration {
		_, _ = fmt.Fprintf(w, "GetMigration, %d a second: p50 %g ms, p99 %g ms (health: %g, %g)\n", a.PerSecond, a.P50, a.P99, a.HealthP50, a.HealthP99)
	}
	_, _ = fmt.Fprintf(w, "filled in %s; CPU %v, memory %v MiB; load %g before, %g after\n",
		r.Filled.Round(time.Second), r.CPU, r.PeakMB, r.LoadBefore, r.LoadAfter)
}
