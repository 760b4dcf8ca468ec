package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"rekey/bench/machine"
	"rekey/durable/kill/point"
	"rekey/durable/kill/scenario"
)

// Report is what a matrix came to. Times are seconds of real time.
type Report struct {
	When     string           `json:"when"`
	Machine  machine.Machine  `json:"machine"`
	Versions machine.Versions `json:"versions"`

	Seed      uint64  `json:"seed"`
	TimeScale float64 `json:"time_scale"`
	Parallel  int     `json:"parallel"`
	// Points is how many points every undisturbed play comes to; Sometimes, how many only some do.
	Points    int `json:"points"`
	Sometimes int `json:"points_of_some_plays"`
	// Undisturbed is how long a play takes that is left alone.
	Undisturbed float64  `json:"undisturbed_seconds"`
	Results     []Result `json:"results"`
	// Names are the points of the list: how many subjects come to each name (NameOf).
	Names map[string]int `json:"names"`
	// Died are processes that died without having been killed.
	Died []string `json:"died,omitempty"`
	// Logs is where the processes' logs are.
	Logs string `json:"logs"`
}

// NameOf is the name of a point, with the stage of the scenario in which it lies.
func NameOf(stage int, p point.Point) string { return scenario.Stages()[stage].Name + ": " + p.Name() }

// Result is what became of a case.
type Result struct {
	Case
	// Play is the number of the play, which its accounts carry.
	Play int `json:"play"`
	// Reached says that the play came to the point, so that the victim was killed there.
	Reached bool `json:"reached"`
	Equal   bool `json:"equal"`
	// Difference is what is missing (-) and what is too much (+).
	Difference string `json:"difference,omitempty"`
	// Recovery is from the instant at which the victim answers again to the play's next point; Took is the whole play.
	Recovery float64 `json:"recovery_seconds"`
	Took     float64 `json:"seconds"`
	// DryRunsRepeated is how many more dry runs were made than by an undisturbed play.
	DryRunsRepeated int `json:"dry_runs_repeated,omitempty"`
	Lost            int `json:"runs_lost"`
	Caused          int `json:"runs_failed_because_of_migration"`
}

// String is the result in a line, with the difference below.
func (r Result) String() string {
	word := "equal"
	switch {
	case !r.Reached:
		word = "NOT REACHED"
	case !r.Equal:
		word = "DIFFERENT"
	}
	text := fmt.Sprintf("%-11s play %-4d %-12s %s (next progress %.1f s, whole %.0f s)", word, r.Play, r.Victim, r.Point, r.Recovery, r.Took)
	if r.Difference != "" {
		text += "\n" + r.Difference
	}
	return text
}

// counts are those of the last line.
type counts struct {
	cases, equal, different, unreached int
	median, most                       float64
}

func (r *Report) counts() counts {
	c := counts{cases: len(r.Results)}
	var recoveries []float64
	for _, result := range r.Results {
		switch {
		case !result.Equal:
			c.different++
		case result.Reached:
			c.equal++
		}
		if !result.Reached {
			c.unreached++
			continue
		}
		recoveries = append(recoveries, result.Recovery)
	}
	if len(recoveries) > 0 {
		slices.Sort(recoveries)
		c.median, c.most = recoveries[len(recoveries)/2], recoveries[len(recoveries)-1]
	}
	return c
}

// takeMissed takes the cases out of the results that are equal but were not killed at their points: the kills of others may
// have moved those.
func (r *Report) takeMissed() []Case {
	var missed []Case
	r.Results = slices.DeleteFunc(r.Results, func(result Result) bool {
		if result.Reached || !result.Equal {
			return false
		}
		missed = append(missed, result.Case)
		return true
	})
	return missed
}

// verdict is an error unless every case was come to and is equal.
func (r *Report) verdict() error {
	c := r.counts()
	switch {
	case c.different > 0:
		return fmt.Errorf("%d of %d cases differ; logs are in %s", c.different, c.cases, r.Logs)
	case c.unreached > 0:
		return fmt.Errorf("%d of %d points were never reached", c.unreached, c.cases)
	case c.cases == 0:
		return errors.New("no point was selected: the pattern has to match a whole name, such as call/UpdateCanary/after or call/*/*")
	case len(r.Died) > 0:
		return fmt.Errorf("a process died without having been killed: %s", r.Died[0])
	}
	return nil
}

// Line is the report for scripts.
func (r *Report) Line() string {
	c := r.counts()
	return fmt.Sprintf("kill-matrix: cases=%d equal=%d different=%d unreached=%d recovery_p50=%.1fs recovery_max=%.1fs",
		c.cases, c.equal, c.different, c.unreached, c.median, c.most)
}

// Write writes the report as JSON.
func (r *Report) Write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}
