package migration

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// handle registers what answers from outside, before the first wait.
func (m *migration) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandler(ctx, workflows.MigrationQuery, func() (workflows.MigrationView, error) { return m.view, nil })
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, workflows.ApproveUpdate, m.approve,
		workflow.UpdateHandlerOptions{Validator: m.mayApprove})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, workflows.CancelUpdate, m.cancel,
		workflow.UpdateHandlerOptions{Validator: m.mayCancel})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, workflows.RollBackUpdate, m.rollBackAsked,
		workflow.UpdateHandlerOptions{Validator: m.mayRollBack})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, workflows.ConfirmUpdate, m.confirm,
		workflow.UpdateHandlerOptions{Validator: m.mayConfirm})
	if err != nil {
		return err
	}
	m.listen(ctx)
	return nil
}

// listen takes reports as they come. It looks for them without being handed one: a blocked Receive would hold a
// report that no drain before a continue-as-new could see.
func (m *migration) listen(ctx workflow.Context) {
	m.reports = workflow.GetSignalChannel(ctx, workflows.ReportSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return m.reports.Len() > 0 }) == nil {
			m.drain(ctx)
		}
	})
}

// drain takes the reports that have been delivered, as one change.
func (m *migration) drain(ctx workflow.Context) {
	news := false
	for {
		var report workflows.CellReport
		if !m.reports.ReceiveAsync(&report) {
			break
		}
		news = m.cells.take(report) || news
	}
	if news {
		m.changed(ctx)
	}
}

// mayApprove refuses an approval of another plan, or when nothing waits for one. Approving again what was
// approved is allowed, and does nothing.
func (m *migration) mayApprove(_ workflow.Context, in workflows.Approval) error {
	if m.view.Approval != nil && m.view.Approval.Digest == in.Digest {
		return nil
	}
	if m.view.State != workflows.AwaitingApproval {
		return failure.Refuse(m.wrongState("approved"))
	}
	if m.view.Plan.Digest != in.Digest {
		return failure.Refuse(&workflows.Problem{
			Reason:   workflows.PlanDigestMismatch,
			Message:  fmt.Sprintf("The plan of migration %s has the digest %s, not %s.", m.view.ID, m.view.Plan.Digest, in.Digest),
			NextStep: "Read the plan that waits for approval, and approve its digest.",
			Metadata: map[string]string{"migration_id": m.view.ID, "plan_digest": m.view.Plan.Digest, "given": in.Digest},
		})
	}
	return nil
}

func (m *migration) approve(ctx workflow.Context, in workflows.Approval) (workflows.MigrationView, error) {
	if m.view.Approval != nil {
		return m.view, nil
	}
	in.Time = workflow.Now(ctx)
	m.view.Approval = &in
	err := m.enter(ctx, workflows.Running, "")
	return m.view, err
}

// mayCancel refuses to cancel what has ended otherwise, or is rolled back: its canaries go on to their recorded settings,
// and a state that says anything else would not be true.
func (m *migration) mayCancel(workflow.Context, workflows.Cancellation) error {
	if m.view.RollBack != nil || m.view.Cancel == nil && m.view.State.Rests() {
		return failure.Refuse(m.wrongState("cancelled"))
	}
	return nil
}

// cancel notes the cancellation. A migration that has not begun rests at once; one that runs rests when those in
// flight do.
func (m *migration) cancel(ctx workflow.Context, in workflows.Cancellation) (workflows.MigrationView, error) {
	if m.view.Cancel != nil {
		return m.view, nil
	}
	in.Time = workflow.Now(ctx)
	m.view.Cancel = &in
	if m.view.State != workflows.Running {
		err := m.enter(ctx, workflows.CancelledState, in.Reason)
		return m.view, err
	}
	m.view.StateReason = "Cancelled; those in flight are brought to their end. " + in.Reason
	m.changed(ctx)
	return m.view, nil
}

// mayRollBack refuses to roll back what has changed nothing, or still goes on.
func (m *migration) mayRollBack(workflow.Context, workflows.RollBack) error {
	if m.view.RollBack == nil && (m.view.Approval == nil || !m.view.State.Rests()) {
		return failure.Refuse(m.wrongState("rolled back"))
	}
	return nil
}

// rollBackAsked notes that the migration is to be rolled back; the workflow tells the cells.
func (m *migration) rollBackAsked(ctx workflow.Context, in workflows.RollBack) (workflows.MigrationView, error) {
	if m.view.RollBack != nil {
		return m.view, nil
	}
	in.Time = workflow.Now(ctx)
	m.view.RollBack = &in
	err := m.enter(ctx, workflows.RollingBack, in.Reason)
	return m.view, err
}

// mayConfirm refuses a confirmation before there is anything to confirm.
func (m *migration) mayConfirm(workflow.Context, workflows.Confirmation) error {
	if m.view.Approval == nil {
		return failure.Refuse(m.wrongState("confirmed"))
	}
	return nil
}

// confirm passes a confirmation on to every cell; a cell that has no such canary does nothing.
func (m *migration) confirm(ctx workflow.Context, in workflows.Confirmation) (workflows.MigrationView, error) {
	m.tell(ctx, workflows.ConfirmSignal, in, func(*workflows.CellReport) bool { return true })
	return m.view, nil
}

func (m *migration) wrongState(verb string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.WrongState,
		Message:  fmt.Sprintf("Migration %s is %s and can't be %s.", m.view.ID, m.view.State, verb),
		NextStep: "Get the migration to see where it is.",
		Metadata: map[string]string{"migration_id": m.view.ID, "state": string(m.view.State)},
	}
}
