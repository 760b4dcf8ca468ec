package tables

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	rekeyv1 "rekey/gen/rekey/v1"
)

// maxControls is how many control verbs are shown, the last ones.
const maxControls = 12

// Migration shows a migration: where it is, its plan, waves, pauses, approvals and control verbs.
func Migration(m *rekeyv1.Migration) string {
	parts := []string{headline(m)}
	if m.GetPlan() != nil {
		parts = append(parts, PlanSummary(m.GetPlan()))
	}
	if len(m.GetWaves()) > 0 {
		parts = append(parts, Waves(m.GetWaves()))
	}
	for _, part := range []string{Pauses(m.GetPauses()), approvals(m), Controls(m.GetControls()), CellProblems(m.GetProgress().GetCellProblems())} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n\n")
}

// headline is a migration in a few lines.
func headline(m *rekeyv1.Migration) string {
	f := &facts{}
	f.add("migration", m.GetId())
	f.add("name", m.GetSpec().GetDisplayName())
	f.add("state", Word(m.GetState()))
	f.add("because", m.GetStateReason())
	f.add("canaries", Counts(m.GetProgress()))
	f.add("cells", Cells(m))
	f.add("failures", Budget(m.GetBudget()))
	f.add("created", strings.TrimSpace(Time(m.GetCreateTime())+" "+by(m.GetCreator())))
	f.add("ended", Time(m.GetEndTime()))
	f.add("roll back until", Time(m.GetRollBackUntil()))
	f.add("evidence", m.GetEvidenceUri())
	return f.String()
}

func by(c *rekeyv1.Caller) string {
	if c.GetName() == "" {
		return ""
	}
	return "by " + Caller(c)
}

// Counts is how many canaries are where: "412 migrated, 3 held; in run 12".
func Counts(p *rekeyv1.Progress) string {
	var parts []string
	for _, s := range p.GetStates() {
		part := fmt.Sprintf("%d %s", s.GetCount(), Word(s.GetState()))
		if s.GetState() == rekeyv1.CanaryState_CANARY_STATE_MIGRATING {
			part += steps(p)
		}
		parts = append(parts, part)
	}
	if p.GetHeld() > 0 {
		parts = append(parts, fmt.Sprintf("%d with old access held", p.GetHeld()))
	}
	if p.GetByHand() > 0 {
		parts = append(parts, fmt.Sprintf("%d to be seen to by hand", p.GetByHand()))
	}
	return strings.Join(parts, ", ")
}

func steps(p *rekeyv1.Progress) string {
	var parts []string
	for _, s := range p.GetSteps() {
		parts = append(parts, fmt.Sprintf("%s %d", Word(s.GetStep()), s.GetCount()))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// Cells is how far the cells are: "4 in 2 accounts: 4 planned, 1 at rest".
func Cells(m *rekeyv1.Migration) string {
	p := m.GetProgress()
	if p.GetCells() == 0 {
		return ""
	}
	text := fmt.Sprint(p.GetCells())
	if s := m.GetSelected(); s.GetAccounts() > 0 {
		text += fmt.Sprintf(" in %s and %s", Counted(int(s.GetAccounts()), "account"), Counted(int(s.GetRegions()), "Region"))
	}
	return fmt.Sprintf("%s: %d planned, %d at rest", text, p.GetCellsPlanned(), p.GetCellsRested())
}

// Pauses shows what is paused, by whom or what; empty when nothing is.
func Pauses(pauses []*rekeyv1.Pause) string {
	if len(pauses) == 0 {
		return ""
	}
	t := wrapping(table.Row{"paused", "by", "since", "why"}, maxStep)
	for _, p := range pauses {
		t.AppendRow(table.Row{Part(p.GetPart()), pausedBy(p), Time(p.GetPauseTime()), p.GetReason()})
	}
	return t.Render()
}

func pausedBy(p *rekeyv1.Pause) string {
	if p.GetCaller() != nil {
		return Caller(p.GetCaller())
	}
	return Word(p.GetCause())
}

// approvals shows who approved what waits or runs; empty when nobody did.
func approvals(m *rekeyv1.Migration) string {
	if len(m.GetApprovals()) == 0 {
		return ""
	}
	t := wrapping(table.Row{"approved by", "at", "until", "digest", "comment"}, maxStep)
	for _, a := range m.GetApprovals() {
		t.AppendRow(table.Row{Caller(a.GetApprover()), Time(a.GetApproveTime()), Time(a.GetExpireTime()), Short(a.GetPlanDigest()), a.GetComment()})
	}
	return t.Render()
}

// Controls shows the last control verbs; empty when there was none.
func Controls(controls []*rekeyv1.ControlRecord) string {
	if len(controls) == 0 {
		return ""
	}
	t := wrapping(table.Row{"at", "who", "verb", "of", "from", "detail"}, maxStep)
	for _, c := range controls[max(0, len(controls)-maxControls):] {
		t.AppendRow(table.Row{
			Time(c.GetTime()), Caller(c.GetCaller()), Word(c.GetVerb()), Part(c.GetPart()),
			strings.ToLower(strings.ReplaceAll(c.GetFromState(), "_", " ")), c.GetDetail(),
		})
	}
	text := t.Render()
	if more := len(controls) - maxControls; more > 0 {
		text = fmt.Sprintf("(%d earlier)\n", more) + text
	}
	return text
}

// CellProblems shows cells that could not be read; empty when all could.
func CellProblems(problems []*rekeyv1.Problem) string {
	if len(problems) == 0 {
		return ""
	}
	t := wrapping(table.Row{"cell", "reason", "next step"}, maxStep)
	for _, p := range problems {
		meta := p.GetMetadata()
		cell := strings.Trim(meta["account_id"]+"/"+meta["region"], "/")
		t.AppendRow(table.Row{cell, Name(p.GetReason()), p.GetNextStep()})
	}
	return t.Render()
}

// Migrations lists migrations.
func Migrations(list []*rekeyv1.MigrationSummary) string {
	t := wrapping(table.Row{"migration", "state", "created", "name"}, 0)
	for _, m := range list {
		t.AppendRow(table.Row{m.GetId(), Word(m.GetState()), Time(m.GetCreateTime()), m.GetDisplayName()})
	}
	return t.Render()
}

// Judged is the newest wave that bakes or was judged; nil when there is none.
func Judged(m *rekeyv1.Migration) *rekeyv1.Wave {
	for _, w := range slices.Backward(m.GetWaves()) {
		if s := w.GetState(); s == rekeyv1.WaveState_WAVE_STATE_BAKING || s == rekeyv1.WaveState_WAVE_STATE_JUDGED {
			return w
		}
	}
	return nil
}
