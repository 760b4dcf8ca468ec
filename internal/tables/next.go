package tables

import (
	"fmt"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Line is a migration in a line: its id, where it is, and why.
func Line(m *rekeyv1.Migration) string {
	text := m.GetId() + " is " + Word(m.GetState())
	if m.GetStateReason() != "" {
		text += ": " + m.GetStateReason()
	}
	return text
}

// Next are the commands with which somebody may go on from where a migration is, each with what it does; the most urgent first.
func Next(m *rekeyv1.Migration) [][2]string {
	if m.GetProgress().GetByHand() == 0 {
		return goesOn(m)
	}
	look := []string{"rekey canaries", m.GetId()}
	for _, r := range ByHand() {
		look = append(look, "--reason", strings.ReplaceAll(Word(r), " ", "-"))
	}
	return append([][2]string{{strings.Join(look, " "), "see what has to be done by hand, now"}}, goesOn(m)...)
}

// goesOn are the commands with which a migration goes on.
func goesOn(m *rekeyv1.Migration) [][2]string {
	id := m.GetId()
	command := func(format string, args ...any) string { return "rekey " + fmt.Sprintf(format, args...) }
	watch := [2]string{command("watch %s", id), "follow it"}
	switch m.GetState() {
	case rekeyv1.MigrationState_MIGRATION_STATE_PLANNING:
		return [][2]string{watch}
	case rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL:
		return [][2]string{
			{command("canaries %s", id), "read what the plan does to each canary"},
			{command("approve %s --digest %s", id, m.GetPlan().GetDigest()), "let it run"},
		}
	case rekeyv1.MigrationState_MIGRATION_STATE_RUNNING, rekeyv1.MigrationState_MIGRATION_STATE_ROLLING_BACK:
		return [][2]string{watch}
	case rekeyv1.MigrationState_MIGRATION_STATE_PAUSED:
		return goOn(m, command)
	case rekeyv1.MigrationState_MIGRATION_STATE_FAILED:
		return [][2]string{
			{command("canaries %s --state failed --state blocked", id), "see what is in the way"},
			{command("retry %s", id), "take up again what did not get to the end"},
		}
	case rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED, rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK,
		rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED:
		return [][2]string{{command("close %s", id), "export the evidence and end it"}}
	default:
		return nil
	}
}

// goOn is how a paused migration goes on: that depends on what paused it.
func goOn(m *rekeyv1.Migration, command func(string, ...any) string) [][2]string {
	for _, p := range m.GetPauses() {
		switch p.GetCause() {
		case rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET:
			return [][2]string{
				{command("canaries %s --state failed --state unverified --state returned --state blocked", m.GetId()), "see what failed"},
				{command("rollout %s --budget N", m.GetId()), "raise the budget of the whole (--wave N,budget=M for a wave's)"},
				{command("resume %s", m.GetId()), "go on"},
			}
		case rekeyv1.PauseCause_PAUSE_CAUSE_INCONCLUSIVE, rekeyv1.PauseCause_PAUSE_CAUSE_WAVE:
			return [][2]string{{command("advance %s --wave %d", m.GetId(), Judged(m).GetNumber()), "begin the next wave"}}
		default:
		}
	}
	return [][2]string{{command("resume %s", m.GetId()), "go on"}}
}

// Unwell is what is not well with a migration; empty when all is.
func Unwell(m *rekeyv1.Migration) []string {
	var list []string
	switch m.GetState() {
	case rekeyv1.MigrationState_MIGRATION_STATE_FAILED, rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED:
		list = append(list, "it is "+Word(m.GetState()))
	default:
	}
	for _, p := range m.GetPauses() {
		if p.GetCause() != rekeyv1.PauseCause_PAUSE_CAUSE_OPERATOR {
			list = append(list, fmt.Sprintf("%s is paused: %s", Part(p.GetPart()), Word(p.GetCause())))
		}
	}
	for _, s := range m.GetProgress().GetStates() {
		switch s.GetState() {
		case rekeyv1.CanaryState_CANARY_STATE_FAILED, rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED:
			list = append(list, fmt.Sprintf("%s %s", Counted(int(s.GetCount()), "canary"), Word(s.GetState())))
		default:
		}
	}
	if n := int(m.GetProgress().GetByHand()); n > 0 {
		list = append(list, Counted(n, "canary")+" to be seen to by hand")
	}
	if n := len(m.GetProgress().GetCellProblems()); n > 0 {
		list = append(list, Counted(n, "cell")+" could not be planned")
	}
	return list
}

// Begun reports whether canaries may have been changed in a state.
func Begun(s rekeyv1.MigrationState) bool {
	switch s {
	case rekeyv1.MigrationState_MIGRATION_STATE_UNSPECIFIED, rekeyv1.MigrationState_MIGRATION_STATE_PLANNING,
		rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL, rekeyv1.MigrationState_MIGRATION_STATE_PLANNED:
		return false
	default:
		return true
	}
}
