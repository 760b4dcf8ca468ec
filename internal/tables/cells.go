package tables

import (
	"fmt"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// accessChanges are grants in a few words each: their role's name, and the grant's id where it exists.
func accessChanges(changes []*rekeyv1.AccessChange) string {
	var lines []string
	for _, change := range changes {
		line := via(change) + name(change.GetPrincipalArn())
		if id := change.GetGrantId(); id != "" {
			line = Short(id) + " " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// via says how access is given, where that is not by a grant.
func via(change *rekeyv1.AccessChange) string {
	switch change.GetMethod() {
	case rekeyv1.AccessMethod_ACCESS_METHOD_ROLE_POLICY:
		return "by policy of "
	case rekeyv1.AccessMethod_ACCESS_METHOD_KEY_POLICY:
		return "by key policy to "
	case rekeyv1.AccessMethod_ACCESS_METHOD_EXISTING:
		return "there already: "
	default:
		return "to "
	}
}

// runs are the runs of a proof, one per browser.
func runs(list []*rekeyv1.ProvenRun) string {
	var lines []string
	for _, r := range list {
		verdict := "failed"
		if r.GetPassed() {
			verdict = "passed"
		}
		lines = append(lines, Short(r.GetRunId())+" "+verdict)
	}
	return strings.Join(lines, "\n")
}

// proof is what the objects of the runs carried.
func proof(p *rekeyv1.Proof) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", Counted(int(p.GetObjects()), "object"), shortKey(p.GetEncryption().GetKmsKeyArn()))
}

// baseline is what became of a visual canary's baseline.
func baseline(b *rekeyv1.Baseline) string {
	if b == nil {
		return ""
	}
	words := Word(b.GetState())
	if n := b.GetScreenshotsWithIgnoreAreas(); n > 0 {
		words += ",\nareas kept"
	}
	return words
}

// OldAccess is what became of the access to the old key.
func OldAccess(c *rekeyv1.Canary) string {
	switch a := c.GetOldAccess(); a.GetState() {
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED:
		return "revoked"
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD:
		return "held: " + Because(a.GetHeldBecause())
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_NONE:
		if c.GetFrom().GetKmsKeyArn() != "" {
			return "by policy: left alone"
		}
		return "none was needed"
	default:
		return ""
	}
}

// Because is a problem's reason in as few words as a table has room for.
func Because(p *rekeyv1.Problem) string {
	if p == nil {
		return ""
	}
	if consumer := p.GetMetadata()["consumer"]; consumer != "" {
		if fields := strings.Split(consumer, ":"); len(fields) > 3 {
			return name(consumer) + " in " + fields[3] + " needs it"
		}
	}
	return Word(p.GetReason())
}
