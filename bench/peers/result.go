package peers

import (
	"fmt"

	"rekey/bench/machine"
)

// Result is what a run of the benchmark found out.
type Result struct {
	When     string           `json:"when"`
	Machine  machine.Machine  `json:"machine"`
	Versions machine.Versions `json:"versions"`
	Seed     uint64           `json:"seed"`
	Answers  []Answer         `json:"answers"`
	Kills    []Kill           `json:"kills"`
	Goals    []Goal           `json:"goals"`
	// Broken are the invariants that did not hold. Goals that were missed are none of them.
	Broken []string `json:"broken_invariants"`
}

// Goal is a ratio that is not to be exceeded.
type Goal struct {
	Name string  `json:"name"`
	Most float64 `json:"most"`
	Got  float64 `json:"got"`
}

// met reports whether it is not exceeded.
func (g Goal) met() bool { return g.Got <= g.Most }

// The goals.
const (
	mostOfBound      = 1.10 // of the bound, with limits
	mostOfLimited    = 1.15 // of the plain program's time, with limits
	mostOfGoroutines = 3    // of the plain program's time, without
)

// judge works out the goals, and whether the invariants held.
func (r *Result) judge() {
	for _, a := range r.Answers {
		name := a.Question.Name + ", rekey to "
		if a.Question.Workload.Limited {
			r.Goals = append(r.Goals, Goal{name + "the bound", mostOfBound, a.ToBound}, Goal{name + "goroutines", mostOfLimited, a.ToGoroutines})
		} else {
			r.Goals = append(r.Goals, Goal{name + "goroutines", mostOfGoroutines, a.ToGoroutines})
		}
		for _, run := range a.Runs {
			r.judgeRun(a.Question.Name, run)
		}
	}
	for _, k := range r.Kills {
		r.judgeKill(k)
	}
}

// judgeRun holds who was not disturbed to a fleet that is done.
func (r *Result) judgeRun(question string, run Run) {
	if run.Left.After != run.Canaries || run.Left.Repeated > 0 {
		r.breakf("%s: %s left %+v of %d canaries", question, run.Contender, run.Left, run.Canaries)
	}
	if run.Lost+run.Caused > 0 {
		r.breakf("%s: %s lost %d runs and made %d fail", question, run.Contender, run.Lost, run.Caused)
	}
}

// judgeKill holds rekey to a fleet that is done, and the others to the mixed one without which the kill would show nothing.
func (r *Result) judgeKill(k Kill) {
	switch {
	case !k.Left.mixed():
		r.breakf("%s was killed, and the fleet was not mixed: %+v", k.Contender, k.Left)
	case k.Contender == Rekey && (!k.Finished() || k.Again != "" || k.End.Repeated > 0 || k.Lost+k.Caused > 0):
		r.breakf("rekey was killed and did not finish: %+v", k)
	}
}

func (r *Result) breakf(format string, args ...any) {
	r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
}

// line is the whole in one line of counts, for a script.
func (r *Result) line() string {
	met, finished, left := 0, 0, 0
	for _, g := range r.Goals {
		if g.met() {
			met++
		}
	}
	for _, k := range r.Kills {
		switch done := k.Finished(); {
		case done && k.Contender == Rekey:
			finished++
		case !done && k.Contender != Rekey:
			left++
		}
	}
	return fmt.Sprintf("peers: goals=%d met=%d kills=%d rekey_finished=%d others_left_mixed=%d broken=%d",
		len(r.Goals), met, len(r.Kills), finished, left, len(r.Broken))
}
