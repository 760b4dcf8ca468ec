package migration

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/waves"
)

// cutWaves cuts what the cells froze into waves, and waits until every cell knows its share of each.
func (m *migration) cutWaves(ctx workflow.Context) error {
	if m.in.Format == 0 {
		return nil
	}
	if len(m.view.Waves) == 0 {
		cut := waves.Plan(m.view.Rollout, m.cells.counts())
		m.view.Waves = cut.Waves
		if len(m.view.Rollout.Waves) > 0 {
			m.helm.shares = cut.Shares
		}
		for i := range m.view.Waves {
			w := &m.view.Waves[i]
			w.Budget.Allowed = waves.Allowed(w.Spec.Budget, w.Canaries)
		}
		m.view.Budget.Allowed = waves.Allowed(m.view.Rollout.Budget, m.cells.plan().ToMigrate)
		m.turn()
	}
	if err := m.awaitCells(ctx, func() bool { return m.view.Cancel != nil || m.cells.cut() }); err != nil {
		return err
	}
	m.helm.shares = nil
	return nil
}

// current is the wave of the plan that runs, bakes or is next; nil when all of them are judged. Those that a cancelled plan
// left are nobody's turn any more.
func (m *migration) current() *workflows.Wave {
	for i := range m.view.Waves {
		if w := &m.view.Waves[i]; w.Number >= m.first && w.State != workflows.WaveJudged {
			return w
		}
	}
	return nil
}

// rollOut takes the migration through its waves, one after the other; each step looks at where the wave is, so that it goes
// on where an earlier run of the workflow was.
func (m *migration) rollOut(ctx workflow.Context) error {
	for {
		if m.view.Cancel != nil {
			return m.wind(ctx)
		}
		if !m.isUnderWay() {
			return nil // rolled back: another state
		}
		w := m.current()
		if w == nil {
			break
		}
		if err := m.step(ctx, w); err != nil {
			return err
		}
	}
	rested := func() bool { return m.cells.rested() && m.view.State == workflows.Running && m.carriedOut() }
	if err := m.awaitCells(ctx, func() bool { return m.diverted() || rested() }); err != nil || m.diverted() {
		return err
	}
	m.reviewed = false
	if err := m.review(ctx); err != nil || m.diverted() || !rested() {
		return err // a verb came meanwhile: once more
	}
	return m.conclude(ctx)
}

// isUnderWay reports whether the waves go on, now or when a pause is over.
func (m *migration) isUnderWay() bool {
	return m.view.State == workflows.Running || m.view.State == workflows.PausedState
}

// diverted reports whether something else is to be done than to go on with the waves.
func (m *migration) diverted() bool { return m.view.Cancel != nil || !m.isUnderWay() }

// step takes a wave one step further: begun, baked, judged.
func (m *migration) step(ctx workflow.Context, w *workflows.Wave) error {
	number := w.Number
	switch w.State {
	case workflows.WavePending:
		if err := m.awaitCells(ctx, func() bool { return m.diverted() || m.view.State == workflows.Running }); err != nil || m.diverted() {
			return err
		}
		w.State, w.Begun = workflows.WaveRunning, workflow.Now(ctx)
		m.turn()
		m.changed(ctx)
	case workflows.WaveRunning:
		if err := m.awaitCells(ctx, func() bool { return m.diverted() || m.cells.waveDone(number) }); err != nil || m.diverted() {
			return err
		}
		w.State, w.BakeBegun, m.advanced, m.comparing = workflows.WaveBaking, workflow.Now(ctx), false, false
		m.changed(ctx)
	default: // workflows.WaveBaking
		return m.bake(ctx, w)
	}
	return nil
}

// bake lets a wave bake, and judges it.
func (m *migration) bake(ctx workflow.Context, w *workflows.Wave) error {
	for !m.advanced && !m.comparing && m.needsBake(w) {
		until := w.BakeBegun.Add(workflows.Poll{Scale: m.in.TimeScale}.Delay(w.Spec.BakeTime))
		left := until.Sub(workflow.Now(ctx))
		if left <= 0 {
			m.comparing = true
			m.turn()
			break
		}
		was := w.Spec
		changed := func() bool { return w.Spec.BakeTime != was.BakeTime }
		met, err := workflow.AwaitWithTimeout(ctx, left, func() bool {
			return m.diverted() || m.advanced || changed() || m.mustHandOn(ctx)
		})
		if err != nil || m.diverted() {
			return err
		}
		if met && !m.advanced && !changed() {
			return errHandOn
		}
	}
	if m.comparing {
		err := m.awaitCells(ctx, func() bool { return m.diverted() || m.advanced || m.cells.baked(w.Number) })
		if err != nil || m.diverted() {
			return err
		}
	}
	return m.judge(ctx, w)
}

// needsBake reports whether there is anything to bake for: another wave follows, or the spec asks for it.
func (m *migration) needsBake(w *workflows.Wave) bool {
	asked := w.Spec.BakeTime > 0 || w.Spec.BakeRuns > 0
	return w.Canaries > 0 && (asked || !m.isLast(w))
}

// isLast reports whether no wave after it has canaries.
func (m *migration) isLast(w *workflows.Wave) bool {
	return !slices.ContainsFunc(m.view.Waves[w.Number+1:], func(later workflows.Wave) bool { return later.Canaries > 0 })
}

// judge draws the judgement of a wave: the next begins, or the migration pauses.
func (m *migration) judge(ctx workflow.Context, w *workflows.Wave) error {
	m.changed(ctx)
	j := waves.Judge(m.cells.evidence(w.Number, m.view.Budget, w.Budget))
	if m.advanced && j.Verdict == workflows.Inconclusive {
		j.Verdict, j.Reason = workflows.GoOn, "Advanced by an operator. "+j.Reason
	}
	last := m.isLast(w)
	if j.Verdict == workflows.Stop && !last {
		return m.stop(ctx, w, j)
	}
	w.Judgement, w.Ended, w.State = &j, workflow.Now(ctx), workflows.WaveJudged
	m.comparing = false
	switch {
	case j.Verdict == workflows.Inconclusive && !last:
		m.pauseAll(ctx, workflows.ByInconclusive, fmt.Sprintf("Wave %d is inconclusive: %s", w.Number, j.Reason))
	case w.Spec.PauseAfter && !m.advanced && !last:
		m.pauseAll(ctx, workflows.ByWave, fmt.Sprintf("The spec asks for a pause after wave %d.", w.Number))
	}
	m.advanced = false
	m.turn()
	m.changed(ctx)
	return nil
}

// stop pauses after a wave that used a budget up, until that is raised and the migration resumed. Then the wave is judged
// anew.
func (m *migration) stop(ctx workflow.Context, w *workflows.Wave, j workflows.Judgement) error {
	w.Judgement, m.advanced = &j, false
	m.pauseAll(ctx, workflows.ByBudget, j.Reason)
	m.changed(ctx)
	return m.awaitCells(ctx, func() bool { return m.diverted() || m.view.State == workflows.Running && m.usedUp() == "" })
}

// wind lets what is in flight come to its end after a cancellation, and concludes.
func (m *migration) wind(ctx workflow.Context) error {
	err := m.awaitCells(ctx, func() bool { return m.view.State == workflows.RollingBack || m.carriedOut() && m.cells.rested() })
	if err != nil || m.view.State == workflows.RollingBack {
		return err
	}
	m.reviewed = false
	if err := m.review(ctx); err != nil || m.view.State == workflows.RollingBack {
		return err
	}
	return m.conclude(ctx)
}

// rollBack lets every cell put its canaries back.
func (m *migration) rollBack(ctx workflow.Context) error {
	if m.in.Format == 0 {
		m.cells.expectReturns()
		m.order(ctx, workflows.Return, m.cells.unreturned)
		if err := m.awaitCells(ctx, m.cells.allReturned); err != nil {
			return err
		}
	} else if err := m.awaitCells(ctx, func() bool { return m.carriedOut() && m.cells.idle() }); err != nil {
		return err
	}
	reason := m.view.RollBack.Reason
	if left := m.cells.notReturned(); left > 0 {
		reason = fmt.Sprintf("%d canaries could not be put back. %s", left, reason)
	}
	if !m.view.RollBack.Part.IsAll() {
		m.reviewed = false
		if err := m.review(ctx); err != nil || !m.carriedOut() || m.view.RollBack.Part.IsAll() {
			return err // more is to be put back
		}
		return m.conclude(ctx)
	}
	return m.enter(ctx, workflows.RolledBackState, reason)
}

// countWaves brings the view's waves and budgets up to date with what the cells report, and pauses when a budget is used up.
func (m *migration) countWaves(ctx workflow.Context) {
	if m.in.Format == 0 {
		return
	}
	whole := workflows.BudgetState{Allowed: m.view.Budget.Allowed}
	for i := range m.view.Waves {
		w := &m.view.Waves[i]
		n := m.cells.wave(w.Number)
		w.Canaries, w.Rested = max(w.Canaries, n.Canaries), n.Rested
		if w.Number < m.first {
			w.Canaries = n.Canaries // a retry took some of them into a wave of its own
		}
		w.Budget.Failed, w.Budget.Excused = n.Failed, n.Excused
		if w.Number >= m.first {
			whole.Failed += n.Failed
			whole.Excused += n.Excused
		}
	}
	whole.InFlight = m.cells.inFlight()
	m.view.Budget = whole
	if w := m.current(); w != nil {
		w.Budget.InFlight = whole.InFlight
	}
	m.view.RollBackUntil = m.cells.rollBackUntil()
	m.stopIfUsedUp(ctx)
}

// stopIfUsedUp pauses a migration whose budget is used up, as soon as that is known.
func (m *migration) stopIfUsedUp(ctx workflow.Context) {
	if m.view.State != workflows.Running || !m.begins() {
		return
	}
	if p := m.usedUp(); p != "" {
		m.pauseAll(ctx, workflows.ByBudget, p)
	}
}

// begins reports whether canaries are still to be begun or brought to the end of their stories, so that a budget has a say: of
// a migration that is cancelled or rolled back, nobody spends any more.
func (m *migration) begins() bool {
	return m.view.Cancel == nil && m.view.State != workflows.RollingBack && m.cells.unfinished() > 0
}

// usedUp says which budget is used up; "" for none. A wave that is judged has no say any more.
func (m *migration) usedUp() string {
	if waves.UsedUp(m.view.Budget) {
		return fmt.Sprintf("%d canaries failed, and the migration's budget bears %d.", m.view.Budget.Failed, *m.view.Budget.Allowed)
	}
	if w := m.current(); w != nil && waves.UsedUp(w.Budget) {
		return fmt.Sprintf("%d canaries of wave %d failed, and its budget bears %d.", w.Budget.Failed, w.Number, *w.Budget.Allowed)
	}
	return ""
}
