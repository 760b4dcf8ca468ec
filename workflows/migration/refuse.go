package migration

import (
	"cmp"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/waves"
)

// log notes a verb that is carried out, with the state before it.
func (m *migration) log(ctx workflow.Context, c workflows.Control) {
	if m.in.Format == 0 {
		return
	}
	c.Time, c.From = workflow.Now(ctx), m.view.State
	m.view.Controls = append(m.view.Controls, c)
	if over := len(m.view.Controls) - workflows.MaxControls; over > 0 {
		m.view.Controls = slices.Delete(m.view.Controls, 0, over)
	}
}

// mayOf refuses a verb in a state in which it does not apply, or of a part that there is not.
func (m *migration) mayOf(verb string, part workflows.Part, states []workflows.State) error {
	if m.in.Format == 0 || !slices.Contains(states, m.view.State) {
		return failure.Refuse(m.wrongState(verb))
	}
	switch {
	case part.Wave != nil && *part.Wave >= len(m.view.Waves), part.Cell != nil && m.cells.report[*part.Cell] == nil:
		return failure.Refuse(m.partNotFound(part.String()))
	}
	return nil
}

func (m *migration) wrongState(verb string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.WrongState,
		Message:  fmt.Sprintf("Migration %s is %s and can't be %s.", m.view.ID, m.view.State, verb),
		NextStep: "Get the migration to see where it is.",
		Metadata: map[string]string{"migration_id": m.view.ID, "state": string(m.view.State)},
	}
}

func (m *migration) partNotFound(part string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.PartNotFound,
		Message:  fmt.Sprintf("Migration %s has no %s.", m.view.ID, part),
		NextStep: "Get the migration for its waves, and list its canaries for its cells.",
		Metadata: map[string]string{"migration_id": m.view.ID, "part": part},
	}
}

func (m *migration) budgetUsedUp() *workflows.Problem {
	allowed := m.view.Budget.Allowed
	failed := m.view.Budget.Failed
	if w := m.current(); w != nil && !waves.UsedUp(m.view.Budget) {
		allowed, failed = w.Budget.Allowed, w.Budget.Failed
	}
	return &workflows.Problem{
		Reason:   workflows.BudgetUsedUp,
		Message:  fmt.Sprintf("Migration %s is paused: %s", m.view.ID, m.usedUp()),
		NextStep: "Find out why they failed (list the canaries that did), raise the budget by UpdateRollout, and resume; or roll back.",
		Metadata: map[string]string{
			"migration_id": m.view.ID, "allowed": fmt.Sprint(*cmp.Or(allowed, new(int))), "failed": fmt.Sprint(failed),
		},
	}
}
