package canary

import (
	"time"

	"rekey/workflows"
	"rekey/workflows/denial"
)

// Verdict is the judgement on one run under the new settings.
type Verdict string

// The verdicts.
const (
	// Verified: the run's objects are where they are to be, with the wanted encryption. A run that failed because of the
	// site proves that as well as one that passed.
	Verified Verdict = "VERIFIED"
	// NotYet: the run used the old settings, or access that is too young to be effective everywhere; a later one decides.
	NotYet Verdict = "NOT_YET"
	// AccessProblem: the role could not use the new key or location.
	AccessProblem Verdict = "ACCESS_PROBLEM"
	// RolledBack: AWS has put the old settings back.
	RolledBack Verdict = "ROLLED_BACK_BY_AWS"
	// Inconclusive: the run says nothing about the settings; a later one decides.
	Inconclusive Verdict = "INCONCLUSIVE"
)

// Evidence is what is known of a run when it is judged.
type Evidence struct {
	workflows.RunProof
	// Age is how old the youngest access that the run needed was when it started, on AWS's clock; Settle is the age from
	// which access counts as effective.
	Age, Settle time.Duration
	// Earlier is how many runs in succession before this one failed to save their artifacts for a reason that AWS did
	// not name.
	Earlier int
}

// Judge is the verdict on a run.
//
// EXECUTION_FAILURE is a failure such as not being able to save artifacts; CANARY_FAILURE, the script's own,
// hides it when both occur (Synthetics API, CanaryRunStatus). So objects decide before the status does, the status
// counts against the key only where it says that artifacts could not be saved, and the test's result, which is the
// site's, never counts.
func Judge(e Evidence) Verdict {
	switch {
	case e.Run.State != "PASSED" && e.Run.State != "FAILED":
		return NotYet // it goes on
	case e.Finding == workflows.WrongKey && e.Reverted:
		return RolledBack
	case e.Finding == workflows.WrongKey:
		return NotYet
	case e.unsaved() && denial.NamesAccess(e.Run.Reason):
		return e.denied()
	case e.Finding == workflows.RightKey:
		return Verified
	case e.unsaved() && e.Finding == workflows.NoObject && e.Earlier > 0:
		return e.denied()
	}
	return Inconclusive
}

// unsaved reports whether the run says that it could not save its artifacts.
func (e Evidence) unsaved() bool {
	return e.Run.State == "FAILED" && e.Run.ReasonCode == "EXECUTION_FAILURE"
}

// denied is the verdict on a denial: access that is too young is waited for.
func (e Evidence) denied() Verdict {
	if e.Age < e.Settle {
		return NotYet
	}
	return AccessProblem
}
