package conformance

import (
	"fmt"
	"os"
	"testing"

	"rekey/awssim/fleet"
)

var results tally

// TestMain tells at the end how many facts were asked and what was learnt.
func TestMain(m *testing.M) {
	m.Run()
	fmt.Print(results.report())
}

// TestFacts asks every fact of the AWS that REKEY_CONFORMANCE_ENDPOINT names: sim (the default), aws, or a URL.
func TestFacts(t *testing.T) {
	endpoint := os.Getenv(variablePrefix + "ENDPOINT")
	if endpoint == "" || endpoint == "sim" {
		eachFact(t, askSimulation)
		return
	}
	e, err := given(t.Context(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	eachFact(t, e.ask)
}

func eachFact(t *testing.T, ask func(*testing.T, fact)) {
	t.Helper()
	for _, status := range statuses {
		t.Run(string(status), func(t *testing.T) {
			for _, s := range services() {
				t.Run(s.name, func(t *testing.T) {
					for _, f := range s.facts {
						if f.status == status {
							t.Run(f.name, func(t *testing.T) { ask(t, f) })
						}
					}
				})
			}
		})
	}
}

// askSimulation gives each fact a world to itself. A question is put twice, with its switch off and on.
func askSimulation(t *testing.T, f fact) {
	t.Helper()
	t.Parallel()
	t.Cleanup(func() {
		if t.Skipped() {
			t.Error("the simulation has everything that facts need")
		}
		results.add(t, f)
	})
	if f.ask == nil {
		x := newTrial(t, simulated(t, nil), f)
		x.expectPutBack()
		f.check(x)
		return
	}
	for name, on := range map[string]bool{"off": false, "on": true} {
		t.Run(name, func(t *testing.T) {
			x := newTrial(t, simulated(t, func(world *fleet.Fleet) { f.question.turn(world, on) }), f)
			x.expectPutBack()
			if answer := f.ask(x); answer != on && !t.Failed() {
				t.Errorf("%s is %v, and what is observed is %v", f.question.name, on, answer)
			}
		})
	}
}

// ask skips what may not or can't be asked, and reports the answer to a question.
func (e *environment) ask(t *testing.T, f fact) {
	t.Helper()
	t.Cleanup(func() { results.add(t, f) })
	if reason := unaskable(e, f); reason != "" {
		results.skipping(reason)
		t.Skip(reason)
	}
	x := newTrial(t, e, f)
	if f.ask == nil {
		f.check(x)
		return
	}
	if answer := f.ask(x); !t.Failed() {
		results.learn(f, answer)
	}
}

// unaskable is why a fact can't be asked; empty when it can.
func unaskable(e *environment, f fact) string {
	if f.mutates && !e.mutate {
		return "it would change something: set MUTATE=1 to allow that"
	}
	for _, s := range f.needs {
		if e.subjects[s] == "" {
			return "it needs a subject: set " + variablePrefix + string(s) + " (testdata/subjects.env says to what)"
		}
	}
	return ""
}
