package tables

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Canaries lists canaries of a migration: how far each is, and what is in its way.
func Canaries(canaries []*rekeyv1.Canary) string {
	t := newTable(table.Row{"canary", "wave", "state", "step", "from", "to", "verdict", "old access", "reason"})
	for _, c := range canaries {
		wave := ""
		if c.Wave != nil {
			wave = fmt.Sprint(c.GetWave())
		}
		t.AppendRow(table.Row{
			ID(c), wave, Word(c.GetState()), Word(c.GetStep()), Encryption(c.GetFrom()), destination(c), Word(c.GetVerdict()),
			Word(c.GetOldAccess().GetState()), Because(whatIsUp(c)),
		})
	}
	return t.Render()
}

// ID is a canary as flags take it, "account/region/name".
func ID(c *rekeyv1.Canary) string { return c.GetAccountId() + "/" + c.GetRegion() + "/" + c.GetName() }

// whatIsUp is what there is to say of a canary: why it is not migrated, or why its old access is held.
func whatIsUp(c *rekeyv1.Canary) *rekeyv1.Problem {
	if p := c.GetProblem(); p != nil {
		return p
	}
	return c.GetOldAccess().GetHeldBecause()
}

// Canary shows everything that is known of a canary.
func Canary(c *rekeyv1.Canary) string {
	f := &facts{}
	f.add("canary", ID(c))
	f.add("id", c.GetCanaryId())
	f.add("state", stateOf(c))
	f.add("problem", problem(c.GetProblem()))
	f.add("action", Word(c.GetAction()))
	f.add("proving", Word(c.GetProving()))
	if c.Wave != nil {
		f.add("wave", fmt.Sprint(c.GetWave()))
	}
	f.add("runtime", c.GetRuntimeVersion())
	f.add("role", c.GetRoleArn())
	f.add("from", full(c.GetFrom(), c.GetArtifactLocation()))
	f.add("to", full(c.GetTo(), c.GetToArtifactLocation()))
	f.add("grants", access(c.GetGrants()))
	f.add("revokes", access(c.GetRevokes()))
	f.add("left", leftAccess(c.GetLeft()))
	f.add("dry run", dryRun(c.GetDryRun()))
	f.add("proof", fullProof(c.GetProof()))
	f.add("verdict", Word(c.GetVerdict()))
	f.add("baseline", fullBaseline(c.GetBaseline()))
	f.add("old access", Word(c.GetOldAccess().GetState()))
	f.add("held because", problem(c.GetOldAccess().GetHeldBecause()))
	if c.GetOldAccess() == nil {
		f.add("will be held", problem(c.GetHold()))
	}
	f.add("removed", access(c.GetOldAccess().GetRevoked()))
	f.add("withdrawn", access(c.GetWithdrawn()))
	f.add("viewers", viewers(c.GetViewers()))
	for _, n := range c.GetNotices() {
		f.add("notice", problem(n))
	}
	f.add("roll back until", Time(c.GetRollBackUntil()))
	f.add("began", Time(c.GetStartTime()))
	f.add("updated", Time(c.GetUpdateTime()))
	return f.String()
}

// stateOf is a canary's state, its step, and what else belongs to it.
func stateOf(c *rekeyv1.Canary) string {
	text := Word(c.GetState())
	if step := Word(c.GetStep()); step != "" {
		text += ", step " + step
	}
	if c.GetExcused() {
		text += ", excused: not-yet-migrated canaries failed like it"
	}
	if n := c.GetRetries(); n > 0 {
		text += fmt.Sprintf(", retried %d times", n)
	}
	if c.GetSourceConfirmed() {
		text += ", source confirmed"
	}
	return text
}

// problem is a problem in full: reason, message, next step.
func problem(p *rekeyv1.Problem) string {
	if p == nil {
		return ""
	}
	lines := []string{strings.TrimSpace(Name(p.GetReason()) + " " + p.GetMessage())}
	if p.GetNextStep() != "" {
		lines = append(lines, "→ "+p.GetNextStep())
	}
	return strings.Join(lines, "\n")
}

// full is an encryption with its whole key ARN, and the location where there is one.
func full(e *rekeyv1.Encryption, location string) string {
	text := Encryption(e)
	if arn := e.GetKmsKeyArn(); arn != "" {
		text = arn
	}
	if location != "" {
		text += "\nin " + location
	}
	return strings.TrimPrefix(text, "\n")
}
