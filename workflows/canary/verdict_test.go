package canary

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rekey/workflows"
)

// The dimensions of a verdict. An empty list in a rule means any of them.
var (
	states   = []string{"RUNNING", "PASSED", "FAILED"}
	codes    = []string{"", "CANARY_FAILURE", "EXECUTION_FAILURE"}
	results  = []string{"PASSED", "FAILED", "UNKNOWN"}
	findings = []workflows.Finding{workflows.RightKey, workflows.WrongKey, workflows.NoObject, workflows.NotReadable}
	reasons  = []string{"Unable to upload artifacts to S3: Access Denied", "the upload timed out"}
	ages     = []time.Duration{time.Minute, 10 * time.Minute}
	earliers = []int{0, 1, 5}
)

const (
	settle = 5 * time.Minute
	named  = "Unable to upload artifacts to S3: Access Denied"
)

// rule is a row of the truth table.
type rule struct {
	name     string
	states   []string
	codes    []string
	findings []workflows.Finding
	reverted []bool
	named    []bool
	young    []bool
	again    []bool
	want     Verdict
}

var (
	over  = []string{"PASSED", "FAILED"}
	fail  = []string{"FAILED"}
	site  = []string{"", "CANARY_FAILURE"}
	exec  = []string{"EXECUTION_FAILURE"}
	wrong = []workflows.Finding{workflows.WrongKey}
	key   = []workflows.Finding{workflows.RightKey}
	none  = []workflows.Finding{workflows.NoObject}
	blind = []workflows.Finding{workflows.NotReadable}
	other = []workflows.Finding{workflows.RightKey, workflows.NoObject, workflows.NotReadable}
	yes   = []bool{true}
	no    = []bool{false}
)

// truth is the whole table: every combination is in exactly one row. The test's result is in none of them.
var truth = []rule{
	{name: "a run that goes on decides nothing", states: []string{"RUNNING"}, want: NotYet},
	{name: "the old key, and the canary has its old settings again", states: over, findings: wrong, reverted: yes, want: RolledBack},
	{name: "the old key: a run of the old settings", states: over, findings: wrong, reverted: no, want: NotYet},
	{name: "passed with the right key", states: []string{"PASSED"}, findings: key, want: Verified},
	{name: "passed without a proof: a status is none", states: []string{"PASSED"}, findings: []workflows.Finding{workflows.NoObject, workflows.NotReadable}, want: Inconclusive},
	{name: "the site is down, the key is right", states: fail, codes: site, findings: key, want: Verified},
	{name: "the site is down and hides the upload", states: fail, codes: site, findings: []workflows.Finding{workflows.NoObject, workflows.NotReadable}, want: Inconclusive},
	{name: "denied, with access too young", states: fail, codes: exec, findings: other, named: yes, young: yes, want: NotYet},
	{name: "denied", states: fail, codes: exec, findings: other, named: yes, young: no, want: AccessProblem},
	{name: "not executed for another reason, the key is right", states: fail, codes: exec, findings: key, named: no, want: Verified},
	{name: "not executed for another reason, not readable", states: fail, codes: exec, findings: blind, named: no, want: Inconclusive},
	{name: "nothing was saved, once", states: fail, codes: exec, findings: none, named: no, again: no, want: Inconclusive},
	{name: "nothing was saved again, with access too young", states: fail, codes: exec, findings: none, named: no, again: yes, young: yes, want: NotYet},
	{name: "nothing was saved again", states: fail, codes: exec, findings: none, named: no, again: yes, young: no, want: AccessProblem},
}

func in[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func (r rule) fits(e Evidence) bool {
	return in(r.states, e.Run.State) && in(r.codes, e.Run.ReasonCode) && in(r.findings, e.Finding) &&
		in(r.reverted, e.Reverted) && in(r.named, e.Run.Reason == named) && in(r.young, e.Age < e.Settle) && in(r.again, e.Earlier > 0)
}

func TestTruthTableOfVerdicts(t *testing.T) {
	used := map[string]int{}
	for e := range everyEvidence {
		var row *rule
		for i := range truth {
			if !truth[i].fits(e) {
				continue
			}
			if row != nil {
				t.Fatalf("%+v is in two rows: %q and %q", e, row.name, truth[i].name)
			}
			row = &truth[i]
		}
		if row == nil {
			t.Fatalf("%+v is in no row", e)
		}
		used[row.name]++
		if got := Judge(e); got != row.want {
			t.Errorf("%s: got %s, want %s for %+v", row.name, got, row.want, e)
		}
	}
	for _, r := range truth {
		if used[r.name] == 0 {
			t.Errorf("no evidence is in the row %q", r.name)
		}
	}
}

// everyEvidence goes through all combinations.
func everyEvidence(yield func(Evidence) bool) {
	for _, state := range states {
		for _, code := range codes {
			for _, result := range results {
				for _, reason := range reasons {
					run := workflows.Run{State: state, ReasonCode: code, TestResult: result, Reason: reason}
					for _, e := range evidenceOf(run) {
						if !yield(e) {
							return
						}
					}
				}
			}
		}
	}
}

func evidenceOf(run workflows.Run) []Evidence {
	var list []Evidence
	for _, finding := range findings {
		for _, reverted := range []bool{false, true} {
			for _, age := range ages {
				for _, earlier := range earliers {
					p := workflows.RunProof{Run: run, Finding: finding, Reverted: reverted}
					list = append(list, Evidence{RunProof: p, Age: age, Settle: settle, Earlier: earlier})
				}
			}
		}
	}
	return list
}

// TestSiteOutageIsNoVerdictOnTheKey states what the table means to an operator: whatever a site does, it neither
// fails a migration nor, as proven asks for runs that passed, sets a baseline.
func TestSiteOutageIsNoVerdictOnTheKey(t *testing.T) {
	for e := range everyEvidence {
		if e.Run.State != "FAILED" || e.Run.ReasonCode == "EXECUTION_FAILURE" {
			continue
		}
		if got := Judge(e); got == AccessProblem {
			t.Errorf("%s: %+v", got, e)
		}
		if e.Run.Passed() {
			t.Errorf("a failed run counts as passed: %s", fmt.Sprintf("%+v", e.Run))
		}
	}
}
