package canary

import (
	"strings"

	"rekey/workflows"
)

// Verdict is the judgement on one run under the new encryption.
type Verdict string

// The verdicts.
const (
	// Verified: the run's objects carry the wanted encryption. A run that failed because of the site proves that
	// as well as one that passed.
	Verified Verdict = "VERIFIED"
	// NotYet: the run used the old settings; a later one decides.
	NotYet Verdict = "NOT_YET"
	// AccessProblem: the role could not use the new key.
	AccessProblem Verdict = "ACCESS_PROBLEM"
	// Inconclusive: the run says nothing about the key; a later one decides.
	Inconclusive Verdict = "INCONCLUSIVE"
)

// Judge is the verdict on a run. Earlier is how many runs in succession before this one failed to save their
// artifacts for a reason that AWS did not name.
//
// EXECUTION_FAILURE is a failure such as not being able to save artifacts; CANARY_FAILURE, the script's own,
// hides it when both occur (Synthetics API, CanaryRunStatus). So objects decide before the status does, and the
// status counts against the key only where it says that artifacts could not be saved.
func Judge(p workflows.RunProof, earlier int) Verdict {
	unsaved := p.Run.ReasonCode == "EXECUTION_FAILURE"
	switch {
	case p.Finding == workflows.WrongKey:
		return NotYet
	case unsaved && namesAccess(p.Run.Reason):
		return AccessProblem
	case p.Finding == workflows.RightKey:
		return Verified
	case unsaved && p.Finding == workflows.NoObject && earlier > 0:
		return AccessProblem
	}
	return Inconclusive
}

// namesAccess reports whether a run's reason speaks of missing permission. The texts are not documented; those of
// S3 and KMS begin so.
func namesAccess(reason string) bool {
	reason = strings.ToLower(strings.ReplaceAll(reason, " ", ""))
	for _, word := range []string{"accessdenied", "notauthorized", "kms.", "kms:"} {
		if strings.Contains(reason, word) {
			return true
		}
	}
	return false
}
