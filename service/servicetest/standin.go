package servicetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rekey/workflows"
)

// StandIn does as a migration's workflow does as far as the service can see: it refuses what the state does not allow, keeps
// the log of verbs, and counts canaries. Nothing happens to those by themselves. Its methods are deterministic, so that a
// workflow may be made of it.
type StandIn struct {
	View     workflows.MigrationView
	Canaries map[workflows.Cell][]workflows.Canary
	// Lost are cells whose workflows are gone, and whether nobody answers for them.
	Lost map[workflows.Cell]bool
}

// NewStandIn is a migration that was just started.
func NewStandIn(in workflows.MigrationInput, created time.Time) StandIn {
	view := workflows.MigrationView{
		ID: in.ID, Spec: in.Spec, ValidateOnly: in.ValidateOnly, By: in.By, State: workflows.Planning, Revision: 1,
		Rollout: in.Spec.Rollout, MaxConcurrent: in.Spec.MaxConcurrent, Created: created, Updated: created,
	}
	if !in.Spec.Unresolved() {
		view.Progress.Cells = len(in.Spec.Cells())
	}
	return StandIn{View: view, Canaries: map[workflows.Cell][]workflows.Canary{}, Lost: map[workflows.Cell]bool{}}
}

// SetCanaries gives a cell its canaries.
func (m *StandIn) SetCanaries(cell workflows.Cell, canaries []workflows.Canary) {
	m.Canaries[cell] = slices.SortedFunc(slices.Values(canaries), func(a, b workflows.Canary) int {
		return cmp.Compare(a.Recorded.Name, b.Recorded.Name)
	})
}

// took notes a verb that was carried out.
func (m *StandIn) took(line workflows.Control) {
	m.View.Controls = append(slices.Clip(m.View.Controls), line)
	m.View.Revision++
	m.View.Updated = line.Time
}

// is reports whether the migration is in one of the states.
func (m *StandIn) is(states ...workflows.State) bool { return slices.Contains(states, m.View.State) }

// has refuses a part that there is not.
func (m *StandIn) has(part workflows.Part) error {
	there := true
	switch {
	case part.Wave != nil:
		there = *part.Wave < len(m.View.Waves)
	case part.Cell != nil:
		canaries, ok := m.Canaries[*part.Cell]
		there = ok && (part.Canary == "" || Canary(canaries, part.Canary) != nil)
	}
	if there {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.PartNotFound,
		Message:  fmt.Sprintf("Migration %s has no %s.", m.View.ID, part),
		NextStep: "List its canaries.",
		Metadata: map[string]string{"migration_id": m.View.ID, "part": part.String()},
	}
}

func (m *StandIn) wrongState(verb string) error {
	return &workflows.Problem{
		Reason:   workflows.WrongState,
		Message:  fmt.Sprintf("Migration %s is %s and can't be %s.", m.View.ID, m.View.State, verb),
		NextStep: "Get the migration to see where it is.",
		Metadata: map[string]string{"migration_id": m.View.ID, "state": string(m.View.State)},
	}
}

// overdrawn refuses to go on while the failure budget is used up.
func (m *StandIn) overdrawn() error {
	budget := m.View.Budget
	if budget.Allowed == nil || budget.Failed <= *budget.Allowed {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.BudgetUsedUp,
		Message:  fmt.Sprintf("%d canaries of migration %s failed, and %d may.", budget.Failed, m.View.ID, *budget.Allowed),
		NextStep: "Raise the budget, then resume.",
		Metadata: map[string]string{
			"migration_id": m.View.ID, "failed": fmt.Sprint(budget.Failed), "allowed": fmt.Sprint(*budget.Allowed),
		},
	}
}
