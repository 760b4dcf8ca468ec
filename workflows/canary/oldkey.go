package canary

import (
	"fmt"
	"slices"

	"rekey/workflows"
)

// encrypts reports whether a key encrypts in the state that it is in. A canary wrote with it before, so that nothing else
// of it matters; nor does it if AWS manages it (KMS Developer Guide, key-state: also while it is Updating).
func encrypts(key workflows.KeyFacts) bool {
	return !key.Missing && (key.State == "Enabled" || key.State == "Updating")
}

func keyNotSeen(r workflows.Settings, key workflows.KeyFacts) workflows.Problem {
	why := "AWS told no state of it"
	if key.Problem != nil {
		why = key.Problem.Message
	}
	return workflows.Problem{
		Reason:   workflows.KeyNotUsable,
		Message:  fmt.Sprintf("Whether the old key of canary %s can be used is not known, and the first run under it has to tell: %s", r.Name, why),
		NextStep: "Look at the key in its account; let the member role describe it to have that seen beforehand.",
		Metadata: map[string]string{"kms_key_arn": r.From.KeyARN, "key_state": ""},
	}
}

// note adds a notice, once: a step that is taken up again has it already.
func (s *story) note(p workflows.Problem) {
	if slices.ContainsFunc(s.Notices, func(n workflows.Problem) bool { return n.Reason == p.Reason && n.Message == p.Message }) {
		return
	}
	s.Notices = append(s.Notices, p)
	s.cell.Changed()
}
