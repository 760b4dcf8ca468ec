// Package migration is the workflow of one migration: it lets every cell plan, waits for the approval of what they
// froze, lets them run, and rests until it is closed. It holds counts, not canaries.
package migration

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/planning"
)

// errHandOn ends a run because the workflow hands on to a new one.
var errHandOn = errors.New("hand on")

var stateAttribute = temporal.NewSearchAttributeKeyKeyword(workflows.StateAttribute)

// Workflow is one migration.
func Workflow(ctx workflow.Context, in workflows.MigrationInput) error {
	m := newMigration(ctx, in)
	if err := m.handle(ctx); err != nil {
		return err
	}
	err := m.run(ctx)
	if errors.Is(err, errHandOn) {
		return m.handOn(ctx)
	}
	return err
}

// migration is the state of the workflow.
type migration struct {
	in       workflows.MigrationInput
	view     workflows.MigrationView
	cells    *cells
	closing  time.Time
	reviewed bool
	reports  workflow.ReceiveChannel
}

func newMigration(ctx workflow.Context, in workflows.MigrationInput) *migration {
	m := &migration{in: in, cells: newCells(in.Spec.Cells())}
	if r := in.Resume; r != nil {
		m.view, m.closing, m.reviewed = r.View, r.Closing, r.Reviewed
		m.cells.resume(r)
		m.cells.returning = m.view.RollBack != nil
		return m
	}
	now := workflow.Now(ctx)
	m.view = workflows.MigrationView{
		ID: in.ID, Spec: in.Spec, ValidateOnly: in.ValidateOnly,
		State: workflows.Planning, Revision: 1, Created: now, Updated: now,
		Progress: workflows.Progress{Cells: len(m.cells.order)},
	}
	return m
}

// run takes the migration through its states.
func (m *migration) run(ctx workflow.Context) error {
	for {
		var err error
		switch m.view.State {
		case workflows.Planning:
			err = m.plan(ctx)
		case workflows.AwaitingApproval:
			err = m.await(ctx, func() bool { return m.view.State != workflows.AwaitingApproval })
		case workflows.Running:
			err = m.migrate(ctx)
		case workflows.RollingBack:
			err = m.rollBack(ctx)
		default:
			err = m.rest(ctx)
			if err == nil && m.view.State.Rests() {
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
}

// plan lets every cell plan, and freezes the whole under one digest.
func (m *migration) plan(ctx workflow.Context) error {
	if err := m.startCells(ctx); err != nil {
		return err
	}
	if err := m.awaitCells(ctx, func() bool { return m.view.Cancel != nil || m.cells.planned() }); err != nil {
		return err
	}
	if m.view.Cancel != nil {
		return nil // its handler has entered the state
	}
	m.view.Plan = &workflows.Plan{
		Digest: planning.Root(m.cells.reports()), Counts: m.cells.plan(), Frozen: workflow.Now(ctx),
	}
	switch {
	case m.cells.unreachable() == len(m.cells.order):
		return m.enter(ctx, workflows.Failed, "No cell could be planned; see the progress for what was in the way.")
	case m.view.ValidateOnly:
		return m.enter(ctx, workflows.Planned, "")
	case m.view.Plan.Counts.ToMigrate == 0:
		return m.enter(ctx, workflows.Succeeded, "The plan has nothing to migrate.")
	}
	return m.enter(ctx, workflows.AwaitingApproval, "")
}

// migrate lets every cell run, and judges the whole when all rest.
func (m *migration) migrate(ctx workflow.Context) error {
	m.order(ctx, workflows.Begin, func(r *workflows.CellReport) bool { return r.Phase == workflows.CellPlanned })
	cancelled := m.view.Cancel != nil
	if cancelled {
		m.order(ctx, workflows.Cancel, func(r *workflows.CellReport) bool { return r.Phase != workflows.CellResting })
	}
	err := m.awaitCells(ctx, func() bool { return m.cells.rested() || !cancelled && m.view.Cancel != nil })
	if err != nil || !m.cells.rested() {
		return err // cancelled meanwhile: once more, with the order
	}
	if err := m.review(ctx); err != nil {
		return err
	}
	return m.conclude(ctx)
}

// review lets cells look again at access that they hold, now that no cell of the migration uses a key any more: roles
// are shared across the Regions of an account, and other migrations may have ended.
func (m *migration) review(ctx workflow.Context) error {
	if !m.reviewed {
		m.reviewed = true
		m.cells.expectReviews()
		m.order(ctx, workflows.Review, m.cells.unreviewed)
	}
	return m.awaitCells(ctx, m.cells.allReviewed)
}

// rollBack lets every cell put its canaries back.
func (m *migration) rollBack(ctx workflow.Context) error {
	m.cells.expectReturns()
	m.order(ctx, workflows.Return, m.cells.unreturned)
	if err := m.awaitCells(ctx, m.cells.allReturned); err != nil {
		return err
	}
	reason := m.view.RollBack.Reason
	if left := m.cells.notReturned(); left > 0 {
		reason = fmt.Sprintf("%d canaries could not be put back. %s", left, reason)
	}
	return m.enter(ctx, workflows.RolledBackState, reason)
}

func (m *migration) conclude(ctx workflow.Context) error {
	migrated, wanted := m.cells.done(), m.view.Plan.Counts.ToMigrate
	switch {
	case m.view.Cancel != nil:
		return m.enter(ctx, workflows.CancelledState, m.view.Cancel.Reason)
	case migrated == wanted:
		return m.enter(ctx, workflows.Succeeded, "")
	}
	return m.enter(ctx, workflows.Failed, fmt.Sprintf("%d of %d canaries did not get to the end.", wanted-migrated, wanted))
}

// linger is how long a migration that changed nothing stays open after it rests, for callers who still speak to it:
// an update that meets a closing workflow is not answered.
const linger = time.Minute

// rest keeps the migration open until the baselines of before can't be restored any more, and then ends it with
// its cells. What changed nothing ends soon.
func (m *migration) rest(ctx workflow.Context) error {
	if m.closing.IsZero() {
		m.closing = workflow.Now(ctx).Add(linger)
		if m.view.Approval != nil {
			m.closing = m.closing.Add(workflows.Poll{Scale: m.in.TimeScale}.Delay(workflows.RestPeriod))
			if m.in.Resume == nil {
				return errHandOn // a query to a resting migration then replays next to nothing
			}
		}
	}
	for now := workflow.Now(ctx); now.Before(m.closing); now = workflow.Now(ctx) {
		woken := func() bool { return m.view.State == workflows.RollingBack || m.mustHandOn(ctx) }
		if _, err := workflow.AwaitWithTimeout(ctx, m.closing.Sub(now), woken); err != nil {
			return err
		}
		if m.view.State == workflows.RollingBack {
			return nil
		}
		if m.mustHandOn(ctx) {
			return errHandOn
		}
	}
	m.reviewed = false // once more, before nobody looks any more
	if err := m.review(ctx); err != nil {
		return err
	}
	m.order(ctx, workflows.Close, func(*workflows.CellReport) bool { return true })
	return nil
}

// enter records a state, for the view and for listings.
func (m *migration) enter(ctx workflow.Context, state workflows.State, reason string) error {
	m.view.State, m.view.StateReason = state, reason
	if state.Rests() {
		m.view.Ended = workflow.Now(ctx)
	}
	m.changed(ctx)
	return workflow.UpsertTypedSearchAttributes(ctx, stateAttribute.ValueSet(string(state)))
}

// changed records that the view has changed.
func (m *migration) changed(ctx workflow.Context) {
	m.view.Revision++
	m.view.Updated = workflow.Now(ctx)
	m.view.Progress = m.cells.progress()
}

// await waits for the condition, or ends with errHandOn when the run has become too long.
func (m *migration) await(ctx workflow.Context, condition func() bool) error {
	if err := workflow.Await(ctx, func() bool { return condition() || m.mustHandOn(ctx) }); err != nil {
		return err
	}
	if !condition() {
		return errHandOn
	}
	return nil
}

// silence is how long no cell has to say anything before those that are not where they are to be are asked. A cell
// whose workflow was terminated says nothing, and the order that asks it finds that out.
const silence = time.Hour

// awaitCells is await for a condition that cells bring about.
func (m *migration) awaitCells(ctx workflow.Context, condition func() bool) error {
	for {
		heard := m.view.Revision
		met, err := workflow.AwaitWithTimeout(ctx, silence, func() bool { return condition() || m.mustHandOn(ctx) })
		switch {
		case err != nil:
			return err
		case condition():
			return nil
		case met:
			return errHandOn
		case heard == m.view.Revision:
			m.order(ctx, workflows.Report, m.cells.late)
		}
	}
}

func (m *migration) mustHandOn(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// handOn continues as new with all that counts: no handler is under way, and no report is left unread.
func (m *migration) handOn(ctx workflow.Context) error {
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	m.drain(ctx)
	next := m.in
	next.Resume = &workflows.MigrationResume{
		View: m.view, Cells: m.cells.reports(), Started: m.cells.started, Closing: m.closing,
		Reviewing: m.cells.reviewing(), Reviewed: m.reviewed,
	}
	return workflow.NewContinueAsNewError(ctx, workflows.MigrationWorkflow, next)
}
