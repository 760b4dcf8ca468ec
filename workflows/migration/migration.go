// Package migration is the workflow of one migration: it lets every cell plan, waits for the approval of what they
// froze, lets them run wave by wave, and rests until it is closed. It holds counts, not canaries.
package migration

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/planning"
	"rekey/workflows/version"
)

// errHandOn ends a run because the workflow hands on to a new one.
var errHandOn = errors.New("hand on")

var stateAttribute = temporal.NewSearchAttributeKeyKeyword(workflows.StateAttribute)

// Workflow is one migration.
func Workflow(ctx workflow.Context, in workflows.MigrationInput) error {
	version.Require(in.Format)
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
	helm     helm
	closing  time.Time
	reviewed bool
	reports  workflow.ReceiveChannel

	// first is the number of the first wave of the plan that runs, and before the state from which a retry or a roll back
	// began.
	first  int
	before workflows.State
	// comparing says that the bake of the wave has come to the comparison; advanced, that its end was asked for.
	comparing, advanced bool
	// noticed is what the memo shows of the gate, nil as long as this run has written nothing there.
	noticed *workflows.GateNotice
	// leaving says that the run hands on: what reports change is left to the next.
	leaving bool
	// ending says that the migration ends by itself, and takes no more verbs.
	ending bool
}

func newMigration(ctx workflow.Context, in workflows.MigrationInput) *migration {
	m := &migration{in: in, cells: newCells(in.Spec.Cells())}
	if r := in.Resume; r != nil {
		unpack(r)
		m.view, m.closing, m.reviewed, m.first, m.before = r.View, r.Closing, r.Reviewed, r.First, r.Before
		m.advanced = r.Advanced
		if len(r.Selected) > 0 {
			m.cells = selectedCells(r.Selected)
		}
		m.cells.resume(r)
		m.helm = newHelm(m.cells, r)
		m.cells.returning = in.Format == 0 && m.view.RollBack != nil
		m.restoreTold()
		return m
	}
	m.helm = newHelm(m.cells, nil)
	now := workflow.Now(ctx)
	m.view = workflows.MigrationView{
		ID: in.ID, Spec: in.Spec, ValidateOnly: in.ValidateOnly, Rollout: in.Spec.Rollout, MaxConcurrent: in.Spec.MaxConcurrent,
		State: workflows.Planning, Revision: 1, Created: now, Updated: now, By: in.By,
	}
	if in.Format > 0 {
		m.log(ctx, workflows.Control{Verb: workflows.CreateVerb, By: in.By, Detail: in.Spec.DisplayName})
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
		case workflows.Running, workflows.PausedState:
			err = m.migrate(ctx)
		case workflows.RollingBack:
			err = m.rollBack(ctx)
		default:
			var ended bool
			if ended, err = m.rest(ctx); ended {
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
	if m.view.Plan != nil {
		return m.planAgain(ctx)
	}
	if err := m.resolve(ctx); err != nil || m.view.State != workflows.Planning {
		return err
	}
	if err := m.startCells(ctx); err != nil {
		return err
	}
	if err := m.awaitCells(ctx, func() bool { return m.view.Cancel != nil || m.cells.planned() }); err != nil {
		return err
	}
	if m.view.Cancel != nil {
		return nil // its handler has entered the state
	}
	if err := m.cutWaves(ctx); err != nil || m.view.State != workflows.Planning {
		return err
	}
	m.view.Plan = &workflows.Plan{
		Digest: planning.Root(m.cells.reports()), Counts: m.cells.plan(), Frozen: workflow.Now(ctx), Number: 1,
	}
	m.forecast()
	switch {
	case m.cells.unreachable() == len(m.cells.order):
		return m.enter(ctx, workflows.Failed, "No cell could be planned; see the progress for what was in the way.")
	case m.view.ValidateOnly:
		return m.enter(ctx, workflows.Planned, "")
	case m.view.Plan.Counts.ToMigrate == 0:
		return m.enter(ctx, workflows.Succeeded, "The plan has nothing to migrate.")
	}
	return m.awaitApproval(ctx)
}

// migrate lets every cell run, and judges the whole when all rest.
func (m *migration) migrate(ctx workflow.Context) error {
	if m.in.Format > 0 {
		return m.rollOut(ctx)
	}
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

// enter records a state, for the view and for listings.
func (m *migration) enter(ctx workflow.Context, state workflows.State, reason string) error {
	m.view.State, m.view.StateReason = state, reason
	m.view.Ended = time.Time{}
	if state.Rests() {
		m.view.Ended = workflow.Now(ctx)
		m.view.Pauses = nil // nobody could resume them, and they would hold the last look at access
	}
	if state.Rests() && state != workflows.ClosedState {
		m.view.RestReason = reason
	}
	m.turn()
	m.changed(ctx)
	return workflow.UpsertTypedSearchAttributes(ctx, stateAttribute.ValueSet(string(state)))
}

// isLean reports whether the migration and its cells give fewer commands.
func (m *migration) isLean() bool { return m.in.Format >= workflows.FormatLean }

// changed records that the view has changed.
func (m *migration) changed(ctx workflow.Context) {
	m.view.Revision++
	m.view.Updated = workflow.Now(ctx)
	m.countWaves(ctx)
}

// shown is the view as others see it. How far the cells are is summed up for whoever asks: nobody does as often as they report.
func (m *migration) shown() workflows.MigrationView {
	view := m.view
	view.Progress = m.cells.progress()
	return view
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
			m.order(ctx, workflows.Report, m.owes)
		}
	}
}

func (m *migration) mustHandOn(ctx workflow.Context) bool {
	return version.Outlived(ctx)
}

// handOn continues as new with all that counts: no handler is under way, every cell was told what it is to be, the memo shows the
// gate, and no report is left unread. What cells have made room for meanwhile is left to the new run: in a large fleet there is always
// one that has, and the run would never come to its end.
func (m *migration) handOn(ctx workflow.Context) error {
	m.leaving = m.in.Format >= workflows.FormatTerse
	steered := func() bool { return !m.helm.turned && !m.helm.telling && m.isNoticed() }
	for told := false; !told; told = steered() { // what the last reports change has to be told too
		if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) && steered() }); err != nil {
			return err
		}
		m.drain(ctx)
	}
	next := m.in
	next.Resume = &workflows.MigrationResume{
		View: m.shown(), Cells: m.cells.reports(), Started: m.cells.started, Closing: m.closing,
		Reviewing: m.cells.reviewing(), Reviewed: m.reviewed, Selected: m.cells.selected,
		Steering: m.steering(), Tasks: m.helm.tasks, TaskSerial: m.helm.task, First: m.first, Before: m.before,
		Advanced: m.advanced,
	}
	if m.in.Format > 0 {
		if err := pack(next.Resume); err != nil {
			return err
		}
	}
	return version.HandOn(ctx, workflows.MigrationWorkflow, next)
}
