package tables

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	rekeyv1 "rekey/gen/rekey/v1"
)

// access are permissions in full, one a line.
func access(changes []*rekeyv1.AccessChange) string {
	var lines []string
	for _, c := range changes {
		line := fmt.Sprintf("%s%s %s on %s", Word(c.GetMethod()), named(c), "to "+c.GetPrincipalArn(), on(c))
		if c.GetForeign() {
			line += ", not rekey's own"
		}
		if c.GetBecause() != "" {
			line += " (" + c.GetBecause() + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// named is what AWS calls a permission, with a space before it; empty where it has no name yet.
func named(c *rekeyv1.AccessChange) string {
	for _, name := range []string{c.GetGrantId(), c.GetGrantName(), c.GetPolicyName(), c.GetSid()} {
		if name != "" {
			return " " + name
		}
	}
	return ""
}

func on(c *rekeyv1.AccessChange) string {
	if c.GetKmsKeyArn() != "" {
		return c.GetKmsKeyArn()
	}
	return c.GetArtifactLocation()
}

func leftAccess(left []*rekeyv1.LeftAccess) string {
	var lines []string
	for _, l := range left {
		lines = append(lines, access([]*rekeyv1.AccessChange{l.GetAccess()})+": "+l.GetBecause())
	}
	return strings.Join(lines, "\n")
}

func dryRun(d *rekeyv1.DryRun) string {
	if d == nil {
		return ""
	}
	text := d.GetDryRunId() + " started " + Time(d.GetStartTime())
	if d.GetCommitted() {
		text += ", committed"
	}
	return strings.TrimSuffix(text+"\n"+fullRuns(d.GetRuns()), "\n")
}

func fullRuns(list []*rekeyv1.ProvenRun) string {
	var lines []string
	for _, r := range list {
		verdict := "failed"
		if r.GetPassed() {
			verdict = "passed"
		}
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("run %s %s started %s, %s", r.GetRunId(), r.GetBrowser(), Time(r.GetStartTime()), verdict)), " "))
	}
	return strings.Join(lines, "\n")
}

func fullProof(p *rekeyv1.Proof) string {
	if p == nil {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf("%s under %s\n%s", Counted(int(p.GetObjects()), "object"), full(p.GetEncryption(), ""), fullRuns(p.GetRuns())), "\n")
}

func fullBaseline(b *rekeyv1.Baseline) string {
	if b == nil {
		return ""
	}
	text := Word(b.GetState())
	if n := b.GetScreenshotsWithIgnoreAreas(); n > 0 {
		text += fmt.Sprintf(", ignore areas of %s kept", Counted(int(n), "screenshot"))
	}
	return strings.TrimSuffix(text+"\n"+fullRuns(b.GetRuns()), "\n")
}

func viewers(list []*rekeyv1.Viewer) string {
	var lines []string
	for _, v := range list {
		line := v.GetPrincipalArn() + " " + v.GetHow()
		if v.GetCarriedOver() {
			line += ", carried over"
		} else {
			line += ", loses sight of new artifacts"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// RollBack shows what a roll back would do.
func RollBack(f *rekeyv1.RollBackForecast) string {
	text := fmt.Sprintf("A roll back would put back %s, %d of them with a fresh baseline; %d can't be put back.",
		Counted(int(f.GetReturnable()), "canary"), f.GetFreshBaselines(), f.GetNotReturnable())
	if n := f.GetCellsNotAsked(); n > 0 {
		text += fmt.Sprintf("\n%s could not be asked; their canaries are not in these numbers.", Counted(int(n), "cell"))
	}
	if len(f.GetObstacles()) == 0 {
		return text
	}
	t := wrapping(table.Row{"canary", "until", "reason", "next step"}, maxStep)
	for _, o := range f.GetObstacles() {
		t.AppendRow(table.Row{CanaryName(o.GetCanary()), Time(o.GetRollBackUntil()), Name(o.GetProblem().GetReason()), o.GetProblem().GetNextStep()})
	}
	return text + "\n\n" + t.Render()
}
