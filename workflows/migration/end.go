package migration

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// mayCancel refuses to cancel what has ended otherwise, or is rolled back: its canaries go on to their recorded settings,
// and a state that says anything else would not be true.
func (m *migration) mayCancel(_ workflow.Context, in workflows.Cancellation) error {
	if !in.Part.IsAll() {
		return m.mayOf("cancelled in part", in.Part, underWay[:2])
	}
	if m.isRolledBack() || m.view.Cancel == nil && m.view.State.Rests() {
		return failure.Refuse(m.wrongState("cancelled"))
	}
	return nil
}

// isRolledBack reports whether the whole is put back, or was.
func (m *migration) isRolledBack() bool {
	if m.in.Format == 0 {
		return m.view.RollBack != nil
	}
	return m.view.State == workflows.RollingBack || m.view.State == workflows.RolledBackState
}

// cancel notes the cancellation. A migration that has not begun rests at once; one that runs rests when those in
// flight do. A part that is cancelled leaves the rest going on.
func (m *migration) cancel(ctx workflow.Context, in workflows.Cancellation) (workflows.MigrationView, error) {
	if m.view.Cancel != nil || m.isCancelled(in) {
		return m.shown(), nil
	}
	in.Time = workflow.Now(ctx)
	m.log(ctx, workflows.Control{Verb: workflows.CancelVerb, By: in.By, Part: in.Part, Detail: in.Reason})
	if m.in.Format > 0 {
		m.assign(workflows.Task{Kind: workflows.CancelTask, Part: in.Part, Back: in.Back, Reason: in.Reason})
	}
	if !in.Part.IsAll() {
		err := m.open(ctx, in.Part)
		return m.shown(), err
	}
	m.view.Cancel = &in
	if m.in.Format == 0 && m.view.State != workflows.Running || m.in.Format > 0 && !slices.Contains(underWay, m.view.State) {
		err := m.enter(ctx, workflows.CancelledState, in.Reason)
		return m.shown(), err
	}
	if err := m.unpause(ctx, func(workflows.Pause) bool { return true }); err != nil {
		return m.shown(), err
	}
	m.view.StateReason = "Cancelled; those in flight are brought to their end. " + in.Reason
	m.changed(ctx)
	return m.shown(), nil
}

// isCancelled reports whether a part was cancelled in that way already, in the waves that go on.
func (m *migration) isCancelled(in workflows.Cancellation) bool {
	return slices.ContainsFunc(m.helm.tasks, func(t workflows.Task) bool {
		return t.Kind == workflows.CancelTask && t.Part.Same(in.Part) && t.Back == in.Back
	})
}

// mayRollBack refuses to roll back what has changed nothing, or plans.
func (m *migration) mayRollBack(_ workflow.Context, in workflows.RollBack) error {
	if m.in.Format == 0 {
		if m.view.RollBack == nil && (m.view.Approval == nil || !m.view.State.Rests()) || !in.Part.IsAll() {
			return failure.Refuse(m.wrongState("rolled back"))
		}
		return nil
	}
	states := append(slices.Clone(underWay), workflows.Succeeded, workflows.Failed, workflows.CancelledState, workflows.RolledBackState)
	if !m.view.Begun() || m.isClosing() {
		return failure.Refuse(m.wrongState("rolled back"))
	}
	return m.mayOf("rolled back", in.Part, states)
}

// rollBackAsked notes that the migration, or a part of it, is to be rolled back, and has the cells told. A part of a
// migration that goes on is put back while the rest goes on.
func (m *migration) rollBackAsked(ctx workflow.Context, in workflows.RollBack) (workflows.MigrationView, error) {
	if m.isPutBack(in.Part) {
		return m.shown(), nil
	}
	in.Time = workflow.Now(ctx)
	m.log(ctx, workflows.Control{Verb: workflows.RollBackVerb, By: in.By, Part: in.Part, Detail: in.Reason})
	if m.in.Format > 0 {
		m.assign(workflows.Task{Kind: workflows.ReturnTask, Part: in.Part, Reason: in.Reason})
	}
	if !in.Part.IsAll() && slices.Contains(underWay, m.view.State) {
		err := m.open(ctx, in.Part)
		return m.shown(), err
	}
	if m.in.Format > 0 {
		m.view.Pauses, m.before = nil, m.view.State
	}
	m.view.RollBack = &in
	err := m.enter(ctx, workflows.RollingBack, in.Reason)
	return m.shown(), err
}

// isPutBack reports whether a roll back of a part would change nothing: it is under way, or there is nothing left.
func (m *migration) isPutBack(part workflows.Part) bool {
	switch {
	case m.in.Format == 0:
		return m.view.RollBack != nil
	case m.view.State == workflows.RollingBack:
		return m.view.RollBack.Part.IsAll() || m.view.RollBack.Part.Same(part)
	case m.view.State == workflows.RolledBackState:
		return m.cells.count(func(r *workflows.CellReport) bool { return r.Returnable > 0 }) == 0
	default:
		return false
	}
}

// mayConfirm refuses a confirmation before there is anything to confirm.
func (m *migration) mayConfirm(workflow.Context, workflows.Confirmation) error {
	if !m.view.Begun() || m.view.State == workflows.ClosedState {
		return failure.Refuse(m.wrongState("confirmed"))
	}
	return nil
}

// confirm passes a confirmation on to every cell; a cell that has no such canary does nothing.
func (m *migration) confirm(ctx workflow.Context, in workflows.Confirmation) (workflows.MigrationView, error) {
	m.log(ctx, workflows.Control{Verb: workflows.ConfirmVerb, By: in.By, Detail: names(in.Canaries)})
	m.tell(ctx, workflows.ConfirmSignal, in, func(*workflows.CellReport) bool { return true })
	return m.shown(), nil
}
