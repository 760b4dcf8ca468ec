package canary

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// watch follows a canary's runs until they have shown what a step waits for. It keeps what they showed per
// browser, and moves its beginning forward so that no run is looked at twice.
type watch struct {
	workflows.Waiting
	known   []workflows.Run               // looked at, from the wait's beginning on
	newest  map[string]time.Time          // by browser: start of the newest run looked at
	unsaved map[string]int                // by browser: runs in succession that could not save their artifacts
	right   map[string]workflows.RunProof // by browser: the newest run with the wanted encryption
	over    bool                          // runs have been looked at after the deadline

	granted time.Time     // since when the youngest access exists, on AWS's clock; zero where none was given
	settle  time.Duration // the age from which access counts as effective
}

func newWatch(w workflows.Waiting, granted time.Time, settle time.Duration) *watch {
	return &watch{
		Waiting: w, newest: map[string]time.Time{}, unsaved: map[string]int{}, right: map[string]workflows.RunProof{},
		granted: granted, settle: settle,
	}
}

// judge is the verdict on one run, after those in succession that failed before it.
func (w *watch) judge(p workflows.RunProof, earlier int) Verdict {
	e := Evidence{RunProof: p, Settle: w.settle, Age: w.settle, Earlier: earlier}
	if !w.granted.IsZero() {
		e.Age = p.Run.Started.Sub(w.granted)
	}
	return Judge(e)
}

// lookedAt notes runs that need not be seen again: the wait begins anew at the newest run of the browser that is
// furthest behind, without those from then on that are known.
func (w *watch) lookedAt(runs []workflows.Run) {
	for _, run := range runs {
		if run.Started.After(w.newest[run.Browser]) {
			w.newest[run.Browser] = run.Started
		}
	}
	if len(w.newest) < max(len(w.Browsers), 1) {
		return
	}
	since := time.Time{}
	for _, browser := range workflow.DeterministicKeys(w.newest) {
		if at := w.newest[browser]; since.IsZero() || at.Before(since) {
			since = at
		}
	}
	if since.After(w.Since) {
		w.Since = since
	}
	w.known = slices.DeleteFunc(append(w.known, runs...), func(r workflows.Run) bool { return r.Started.Before(w.Since) })
	w.After = nil
	for _, run := range w.known {
		w.After = append(w.After, run.ID)
	}
}

// against is the run that speaks against the new settings, with the verdict on it; nil when none does. Proofs come newest
// first and are judged in the order in which the runs happened.
func (w *watch) against(proofs []workflows.RunProof) (*workflows.Run, Verdict) {
	for _, p := range slices.Backward(proofs) {
		switch v := w.judge(p, w.unsaved[p.Run.Browser]); v {
		case AccessProblem, RolledBack:
			return &p.Run, v
		case Verified:
			w.unsaved[p.Run.Browser] = 0
		case Inconclusive:
			if p.Run.ReasonCode == "EXECUTION_FAILURE" {
				w.unsaved[p.Run.Browser]++
			}
		case NotYet: // of the old settings, or too early
		}
	}
	return nil, Inconclusive
}

func anyRun(workflows.Run) bool { return true }

// proven is the proof that the canary has the wanted encryption in every browser, by runs that suit; nil while
// one is missing.
func (w *watch) proven(proofs []workflows.RunProof, suits func(workflows.Run) bool) *workflows.Proof {
	for _, p := range slices.Backward(proofs) {
		if w.judge(p, 0) == Verified && suits(p.Run) {
			w.right[p.Run.Browser] = p
		}
	}
	browsers := w.Browsers
	if len(browsers) == 0 {
		browsers = workflow.DeterministicKeys(w.right) // one that names none runs in one, called as its runs call it
	}
	proof := &workflows.Proof{}
	for _, browser := range browsers {
		p, ok := w.right[browser]
		if !ok {
			return nil
		}
		proof.Runs = append(proof.Runs, p.Run)
		proof.Encryption = p.Encryption
		proof.Objects += p.Objects
	}
	if len(proof.Runs) == 0 {
		return nil
	}
	return proof
}
