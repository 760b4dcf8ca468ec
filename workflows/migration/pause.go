package migration

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// states in which a migration that was begun goes on, so that verbs reach canaries in flight.
var underWay = []workflows.State{workflows.Running, workflows.PausedState, workflows.RollingBack}

// mayPause refuses to pause what is not under way.
func (m *migration) mayPause(_ workflow.Context, in workflows.Pause) error {
	return m.mayOf("paused", in.Part, underWay)
}

// pause shuts the gate of a part; from then on no worker changes anything of it, and the cells hold it at the next safe
// point.
func (m *migration) pause(ctx workflow.Context, in workflows.Pause) (workflows.MigrationView, error) {
	if m.pausedByOperator(in.Part) {
		return m.shown(), nil
	}
	in.Cause, in.Time = workflows.ByOperator, workflow.Now(ctx)
	m.log(ctx, workflows.Control{Verb: workflows.PauseVerb, By: in.By, Part: in.Part, Detail: in.Reason})
	m.view.Pauses = append(m.view.Pauses, in)
	m.view.Opened = slices.DeleteFunc(m.view.Opened, func(p workflows.Part) bool { return in.Part.IsAll() || p.Same(in.Part) })
	if in.Part.IsAll() && m.view.State == workflows.Running {
		err := m.enter(ctx, workflows.PausedState, in.Reason)
		return m.shown(), err
	}
	m.turn()
	m.changed(ctx)
	return m.shown(), nil
}

func (m *migration) pausedByOperator(part workflows.Part) bool {
	return slices.ContainsFunc(m.view.Pauses, func(p workflows.Pause) bool { return p.Cause == workflows.ByOperator && p.Part.Same(part) })
}

// pauseAll pauses the whole for a reason of rekey's own; once for each cause, with the last reason.
func (m *migration) pauseAll(ctx workflow.Context, cause workflows.PauseCause, reason string) {
	m.view.Pauses = slices.DeleteFunc(m.view.Pauses, func(p workflows.Pause) bool { return p.Part.IsAll() && p.Cause == cause })
	m.view.Pauses = append(m.view.Pauses, workflows.Pause{Cause: cause, Reason: reason, Time: workflow.Now(ctx)})
	if m.view.State != workflows.Running {
		return
	}
	if err := m.enter(ctx, workflows.PausedState, reason); err != nil {
		workflow.GetLogger(ctx).Error("the state can't be listed", "error", err)
	}
}

// mayResume refuses to resume what is not under way, or has no budget left.
func (m *migration) mayResume(_ workflow.Context, in workflows.Resume) error {
	if err := m.mayOf("resumed", in.Part, underWay); err != nil {
		return err
	}
	if in.Part.IsAll() && m.usedUp() != "" && m.begins() {
		return failure.Refuse(m.budgetUsedUp())
	}
	return nil
}

// resume opens the gate of a part.
func (m *migration) resume(ctx workflow.Context, in workflows.Resume) (workflows.MigrationView, error) {
	if !slices.ContainsFunc(m.view.Pauses, func(p workflows.Pause) bool { return p.Part.Same(in.Part) }) {
		return m.shown(), nil
	}
	m.log(ctx, workflows.Control{Verb: workflows.ResumeVerb, By: in.By, Part: in.Part, Detail: in.Reason})
	err := m.unpause(ctx, func(p workflows.Pause) bool { return p.Part.Same(in.Part) })
	return m.shown(), err
}

// unpause ends pauses. A migration without a pause of the whole runs.
func (m *migration) unpause(ctx workflow.Context, is func(workflows.Pause) bool) error {
	m.view.Pauses = slices.DeleteFunc(m.view.Pauses, is)
	whole := slices.ContainsFunc(m.view.Pauses, func(p workflows.Pause) bool { return p.Part.IsAll() })
	if !whole {
		m.view.Opened = nil
	}
	if m.view.State == workflows.PausedState && !whole {
		return m.enter(ctx, workflows.Running, "")
	}
	m.turn()
	m.changed(ctx)
	return nil
}

// open ends the pause of a part that an operator has put back or cancelled; a pause of the whole does not hold it either.
func (m *migration) open(ctx workflow.Context, part workflows.Part) error {
	if !slices.ContainsFunc(m.view.Opened, part.Same) {
		m.view.Opened = append(m.view.Opened, part)
	}
	return m.unpause(ctx, func(p workflows.Pause) bool { return p.Part.Same(part) })
}

// mayAdvance refuses to advance what neither bakes nor is paused after a wave.
func (m *migration) mayAdvance(_ workflow.Context, in workflows.Advance) error {
	if err := m.mayOf("advanced", workflows.Part{Wave: new(in.Wave)}, underWay[:2]); err != nil {
		return err
	}
	w := m.view.Waves[in.Wave]
	switch {
	case m.usedUp() != "":
		return failure.Refuse(m.budgetUsedUp())
	case w.State == workflows.WaveJudged, w.State == workflows.WaveBaking:
		return nil
	}
	p := m.wrongState("advanced")
	p.Message = fmt.Sprintf("Wave %d of migration %s is %s: there is neither a bake nor a pause after it to end.", in.Wave, m.view.ID, w.State)
	return failure.Refuse(p)
}

// advance ends the bake of a wave, or the pauses that rekey made after it.
func (m *migration) advance(ctx workflow.Context, in workflows.Advance) (workflows.MigrationView, error) {
	baking := m.view.Waves[in.Wave].State == workflows.WaveBaking
	next := m.current() != nil && m.current().Number == in.Wave+1 && m.current().State == workflows.WavePending
	pausedBy := func(p workflows.Pause) bool {
		return p.Part.IsAll() && next && (p.Cause == workflows.ByInconclusive || p.Cause == workflows.ByWave)
	}
	if !baking && !slices.ContainsFunc(m.view.Pauses, pausedBy) {
		return m.shown(), nil
	}
	m.log(ctx, workflows.Control{Verb: workflows.AdvanceVerb, By: in.By, Part: workflows.Part{Wave: new(in.Wave)}, Detail: in.Reason})
	if baking {
		m.advanced = true
	}
	err := m.unpause(ctx, pausedBy)
	return m.shown(), err
}
