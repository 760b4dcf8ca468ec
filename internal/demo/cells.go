package demo

import (
	"fmt"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// accessChanges are grants in a few words each: their role's name, and the grant's id where it exists.
func accessChanges(changes []*rekeyv1.AccessChange) string {
	var lines []string
	for _, change := range changes {
		line := "to " + name(change.GetPrincipalArn())
		if id := change.GetGrantId(); id != "" {
			line = short(id) + " " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// runs are the runs of a proof, one per browser.
func runs(list []*rekeyv1.ProvenRun) string {
	var lines []string
	for _, r := range list {
		verdict := "failed"
		if r.GetPassed() {
			verdict = "passed"
		}
		lines = append(lines, short(r.GetRunId())+" "+verdict)
	}
	return strings.Join(lines, "\n")
}

// proof is what the objects of the runs carried.
func proof(p *rekeyv1.Proof) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", counted(int(p.GetObjects()), "object"), shortKey(p.GetEncryption().GetKmsKeyArn()))
}

// baseline is what became of a visual canary's baseline.
func baseline(b *rekeyv1.Baseline) string {
	if b == nil {
		return ""
	}
	words := lower(word(b.GetState()))
	if n := b.GetScreenshotsWithIgnoreAreas(); n > 0 {
		words += ",\nareas kept"
	}
	return words
}

// oldAccess is what became of the access to the old key.
func oldAccess(c *rekeyv1.Canary) string {
	switch a := c.GetOldAccess(); a.GetState() {
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED:
		return "revoked"
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD:
		return "held: " + because(a.GetHeldBecause())
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_NONE:
		if c.GetFrom().GetKmsKeyArn() != "" {
			return "by policy: left alone"
		}
		return "none was needed"
	default:
		return ""
	}
}

// because is a problem's reason in as few words as a table has room for.
func because(p *rekeyv1.Problem) string {
	if p == nil {
		return ""
	}
	if consumer := p.GetMetadata()["consumer"]; consumer != "" {
		if fields := strings.Split(consumer, ":"); len(fields) > 3 {
			return name(consumer) + " in " + fields[3] + " needs it"
		}
	}
	return lower(word(p.GetReason()))
}

// lower is an API's word as a person writes it.
func lower(word string) string { return strings.ToLower(strings.ReplaceAll(word, "_", " ")) }

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
