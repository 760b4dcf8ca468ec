package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/ground"
	"rekey/bench/machine"
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
	// InFlight is how many canaries were in the middle of their story at the end.
	InFlight int `json:"in_flight"`
	// ChangesPerSecond are how many changes of AWS there were in the second before each pause.
	ChangesPerSecond []float64 `json:"changes_per_second_before_pauses"`

	Pause         Verb `json:"pause"`
	Resume        Verb `json:"resume"`
	UpdateRollout Verb `json:"update_rollout"`
}

// Verb is how soon a verb took effect, each time that it was called, in milliseconds.
type Verb struct {
	// Answered is from the call to the answer, Effective from the call to the last change (of a pause) or the first one.
	Answered  []float64 `json:"answered_ms"`
	Effective []float64 `json:"effective_ms"`
}

func (v *Verb) add(called, answered, effective time.Time) {
	v.Answered = append(v.Answered, milliseconds(answered.Sub(called)))
	v.Effective = append(v.Effective, milliseconds(effective.Sub(called)))
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Microsecond).Microseconds()) / 1000
}

// late is how many times it took longer than it may.
func (v Verb) late() int {
	n := 0
	for _, ms := range v.Effective {
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

// conclude writes the result, prints it, and ends in a line of counts.
func (r *Result) conclude(w io.Writer, file string) error {
	r.When = time.Now().UTC().Format(time.RFC3339)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		return err
	}
	r.print(w)
	late, calls := 0, 0
	for _, v := range []Verb{r.Pause, r.Resume, r.UpdateRollout} {
		late += v.late()
		calls += len(v.Effective)
	}
	_, err = fmt.Fprintf(w, "written to %s\nbench control: in_flight=%d verbs=%d late=%d slowest_ms=%g\n",
		file, r.InFlight, calls, late, slices.Max(slices.Concat(r.Pause.Effective, r.Resume.Effective, r.UpdateRollout.Effective)))
	if len(r.Pause.Effective) == 0 {
		return errors.New("nothing was under way when it was to be paused: let more canaries begin")
	}
	if n := r.Pause.broken(); n > 0 {
		return fmt.Errorf("%d times something was changed later than %s after a pause was answered", n, bound)
	}
	return err
}

func (r *Result) print(w io.Writer) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"verb", "times", "answered after, ms", "effective after, ms"})
	for _, row := range []struct {
		name string
		verb Verb
	}{{"PauseMigration", r.Pause}, {"ResumeMigration", r.Resume}, {"UpdateRollout", r.UpdateRollout}} {
		t.AppendRow(table.Row{row.name, len(row.verb.Effective), row.verb.Answered, row.verb.Effective})
	}
	t.Render()
}
