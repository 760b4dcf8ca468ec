package migration

import (
	"testing"
	"time"

	"rekey/workflows"
)

const (
	good = workflows.Migrated
	bad  = workflows.CanaryFailed
)

func states(list ...workflows.CanaryState) content { return content{canaries: list} }

func budget(n int) *workflows.Budget { return &workflows.Budget{Count: &n} }

// close asks for the end, without evidence.
func (s *stage) close() { s.ask(workflows.CloseUpdate, workflows.Closing{Discard: true}) }

// is checks where the migration is.
func (s *stage) is(want workflows.State) {
	s.t.Helper()
	s.must("it is "+string(want), s.view().State == want)
}

// isPausedBy checks that the whole is paused once, and for what.
func (s *stage) isPausedBy(want workflows.PauseCause) {
	s.t.Helper()
	pauses := s.view().Pauses
	s.must("it is paused by "+string(want), s.view().State == workflows.PausedState && len(pauses) == 1 && pauses[0].Cause == want)
}

// TestARolloutIsSteeredToItsEnd: it hits its budget, pauses, is retuned, resumed, advanced, retried and closed, and never has
// more in flight than is left of the budget, plus one.
func TestARolloutIsSteeredToItsEnd(t *testing.T) {
	s := newStage(t, map[string]content{"1": states(good, bad, good), "2": states(good, good, bad), "3": states(good, bad)})
	s.at(time.Hour, func() {
		s.isPausedBy(workflows.ByBudget)
		s.askFor(workflows.ResumeUpdate, workflows.Resume{}, func(err error) { s.must("it is refused to resume", err != nil) })
		s.ask(workflows.RolloutUpdate, workflows.RolloutChange{Budget: budget(5)})
	})
	s.at(2*time.Hour, func() { s.ask(workflows.ResumeUpdate, workflows.Resume{}) })
	s.at(3*time.Hour, func() {
		s.isPausedBy(workflows.ByWave)
		s.ask(workflows.AdvanceUpdate, workflows.Advance{Wave: 1})
	})
	s.at(5*time.Hour, func() {
		s.is(workflows.Failed)
		s.ask(workflows.RetryUpdate, workflows.Retry{})
	})
	s.at(6*time.Hour, func() {
		s.is(workflows.Succeeded)
		s.must("the retry is a wave of three", s.view().Waves[3].Canaries == 3)
		s.ask(workflows.RollBackUpdate, workflows.RollBack{})
	})
	s.at(7*time.Hour, func() {
		s.is(workflows.RolledBackState)
		s.close()
	})
	v := s.run(workflows.Rollout{
		Budget: budget(0), Waves: []workflows.WaveSpec{{Coverage: true}, {Count: 4, PauseAfter: true, BakeTime: time.Minute}},
	})
	if v.State != workflows.ClosedState || s.peak > 6 {
		t.Errorf("it ended %s with %d in flight at once", v.State, s.peak)
	}
}

// TestABudgetIsStrict: with a budget of one there are two in flight at most, in however many cells.
func TestABudgetIsStrict(t *testing.T) {
	s := newStage(t, map[string]content{"1": states(good, good, good), "2": states(good, good), "3": states(good, good, good)})
	s.at(time.Hour, func() {
		s.is(workflows.Succeeded)
		s.close()
	})
	s.run(workflows.Rollout{Budget: budget(1)})
	if s.peak != 2 {
		t.Errorf("%d in flight at once, want 2", s.peak)
	}
}

// TestACellThatCannotBePlannedIsNotAwaited: it has nothing to do, and so nothing to be told.
func TestACellThatCannotBePlannedIsNotAwaited(t *testing.T) {
	s := newStage(t, map[string]content{"1": states(good), "2": {problem: &workflows.Problem{Reason: workflows.CellNotReachable}}})
	s.at(time.Hour, func() {
		s.is(workflows.Succeeded)
		s.close()
	})
	s.run(workflows.Rollout{})
}

// TestWhatIsCancelledComesToItsEndWithoutABudget: nobody spends of it any more, and what is in flight must not be held.
func TestWhatIsCancelledComesToItsEndWithoutABudget(t *testing.T) {
	for name, verb := range map[string]struct {
		update string
		in     any
		want   workflows.State
	}{
		"cancelled":   {workflows.CancelUpdate, workflows.Cancellation{}, workflows.CancelledState},
		"rolled back": {workflows.RollBackUpdate, workflows.RollBack{}, workflows.RolledBackState},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, map[string]content{"1": {
				canaries: []workflows.CanaryState{bad, bad, good, good}, lasts: []time.Duration{time.Minute, time.Minute, 4 * time.Hour},
			}})
			s.at(30*time.Minute, func() { s.ask(workflows.RolloutUpdate, workflows.RolloutChange{Budget: budget(1)}) })
			s.at(time.Hour, func() {
				s.isPausedBy(workflows.ByBudget)
				s.ask(verb.update, verb.in)
			})
			s.at(2*time.Hour, func() { s.ask(workflows.PauseUpdate, workflows.Pause{}) })
			s.at(3*time.Hour, func() { s.ask(workflows.ResumeUpdate, workflows.Resume{}) })
			s.at(8*time.Hour, func() {
				s.is(verb.want)
				s.close()
			})
			s.run(workflows.Rollout{})
		})
	}
}

// TestAVerbInTheLastReviewIsNotLost: access is looked at for as long as its removal is watched, and a verb may come meanwhile.
func TestAVerbInTheLastReviewIsNotLost(t *testing.T) {
	s := newStage(t, map[string]content{"1": {canaries: []workflows.CanaryState{good}, held: true, reviewing: 20 * time.Minute}})
	s.at(10*time.Minute, func() {
		s.is(workflows.Running)
		s.ask(workflows.RollBackUpdate, workflows.RollBack{})
	})
	s.at(time.Hour, func() {
		s.is(workflows.RolledBackState)
		s.close()
	})
	s.run(workflows.Rollout{})
}

// TestAPauseInTheLastReviewHolds: what rests can't be resumed.
func TestAPauseInTheLastReviewHolds(t *testing.T) {
	s := newStage(t, map[string]content{"1": {canaries: []workflows.CanaryState{good}, held: true, reviewing: 20 * time.Minute}})
	s.at(10*time.Minute, func() { s.ask(workflows.PauseUpdate, workflows.Pause{}) })
	s.at(time.Hour, func() {
		s.isPausedBy(workflows.ByOperator)
		s.ask(workflows.ResumeUpdate, workflows.Resume{})
	})
	s.at(2*time.Hour, func() {
		s.is(workflows.Succeeded)
		s.close()
	})
	s.run(workflows.Rollout{})
}

// TestARollBackIsRefusedOnceTheMigrationEnds: it would be lost while the last review goes on.
func TestARollBackIsRefusedOnceTheMigrationEnds(t *testing.T) {
	s := newStage(t, map[string]content{"1": {canaries: []workflows.CanaryState{good}, held: true, reviewing: 20 * time.Minute}})
	s.at(workflows.RestPeriod+30*time.Minute, func() {
		s.askFor(workflows.RollBackUpdate, workflows.RollBack{}, func(err error) { s.must("it is refused", err != nil) })
	})
	if v := s.run(workflows.Rollout{}); v.State != workflows.ClosedState {
		t.Errorf("it ended %s", v.State)
	}
}

// TestACloseThatFailsLeavesTheTimeForARollBack: evidence that could not be written ends nothing, now or a day later.
func TestACloseThatFailsLeavesTheTimeForARollBack(t *testing.T) {
	s := newStage(t, map[string]content{"1": states(good)})
	s.unwritten = &workflows.Problem{Reason: workflows.EvidenceNotWritten, Message: "No such bucket.", NextStep: "Name another."}
	s.at(time.Hour, func() { s.ask(workflows.CloseUpdate, workflows.Closing{URI: "s3://typo"}) })
	s.at(2*time.Hour, func() {
		s.is(workflows.Succeeded)
		s.unwritten = nil
	})
	s.at(10*24*time.Hour, func() {
		s.is(workflows.Succeeded)
		s.ask(workflows.RollBackUpdate, workflows.RollBack{})
	})
	s.at(11*24*time.Hour, func() {
		s.is(workflows.RolledBackState)
		s.ask(workflows.CloseUpdate, workflows.Closing{})
	})
	if v := s.run(workflows.Rollout{}); v.State != workflows.ClosedState || v.Evidence == "" {
		t.Errorf("it ended %s with evidence in %q", v.State, v.Evidence)
	}
}

// TestALostCellHoldsNothingUp: a cell may be terminated whenever it is; whatever is expected of it then never comes.
func TestALostCellHoldsNothingUp(t *testing.T) {
	waves := []workflows.WaveSpec{{Coverage: true, BakeTime: time.Hour}}
	cases := map[string]struct {
		reason string
		dies   time.Duration
		then   func(*stage)
		want   workflows.State
	}{
		"rolled back": {
			reason: "it rested, and has a task", dies: 20 * time.Hour, want: workflows.RolledBackState,
			then: func(s *stage) { s.ask(workflows.RollBackUpdate, workflows.RollBack{}) },
		},
		"retried": {
			reason: "it rested, and is to plan anew", dies: 20 * time.Hour, want: workflows.Succeeded,
			then: func(s *stage) { s.ask(workflows.RetryUpdate, workflows.Retry{}) },
		},
		"closed": {
			reason: "it rested, and is to write evidence", dies: 20 * time.Hour, want: workflows.ClosedState,
			then: func(s *stage) { s.ask(workflows.CloseUpdate, workflows.Closing{}) },
		},
		"baked": {
			reason: "it had done its share, and is to compare", dies: 30 * time.Minute, want: workflows.Failed,
			then: func(*stage) {},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, map[string]content{"1": {canaries: []workflows.CanaryState{good}, dies: c.dies}, "2": states(good, bad)})
			s.at(24*time.Hour, func() { c.then(s) })
			if c.want != workflows.ClosedState {
				s.at(48*time.Hour, func() {
					s.must(c.reason, s.view().State == c.want)
					s.close()
				})
			}
			if v := s.run(workflows.Rollout{Waves: waves}); v.State != workflows.ClosedState {
				t.Errorf("%s: it ended %s", c.reason, v.State)
			}
		})
	}
}

// TestAWaveWithALostCellIsInconclusive: nobody knows how its canaries are.
func TestAWaveWithALostCellIsInconclusive(t *testing.T) {
	s := newStage(t, map[string]content{"1": {canaries: []workflows.CanaryState{good, good}, dies: 30 * time.Second}, "2": states(good)})
	s.at(12*time.Hour, func() {
		s.isPausedBy(workflows.ByInconclusive)
		s.ask(workflows.AdvanceUpdate, workflows.Advance{Wave: 0})
	})
	s.at(24*time.Hour, func() {
		s.is(workflows.Failed)
		s.close()
	})
	s.run(workflows.Rollout{Waves: []workflows.WaveSpec{{Coverage: true}}})
}

// TestALostCellIsChargedForWhatWasInFlight: else its permits would be held for ever, and nobody told why.
func TestALostCellIsChargedForWhatWasInFlight(t *testing.T) {
	s := newStage(t, map[string]content{"1": {canaries: []workflows.CanaryState{good}, dies: 30 * time.Second}, "2": states(good)})
	s.at(12*time.Hour, func() {
		s.isPausedBy(workflows.ByBudget)
		s.ask(workflows.RolloutUpdate, workflows.RolloutChange{NoBudget: true})
	})
	s.at(13*time.Hour, func() { s.ask(workflows.ResumeUpdate, workflows.Resume{}) })
	s.at(24*time.Hour, func() {
		s.is(workflows.Failed)
		s.close()
	})
	s.run(workflows.Rollout{Budget: budget(0)})
}

// TestABoundHoldsFromWhenItIsSet: cells that had none may have begun canaries that they have not reported; nobody else gets
// permits for those.
func TestABoundHoldsFromWhenItIsSet(t *testing.T) {
	one, two := workflows.Cell{Account: "1"}, workflows.Cell{Account: "2"}
	m := in(workflows.Running)
	m.cells, m.view.MaxConcurrent, m.view.Rollout.MaxTotal = newCells([]workflows.Cell{one, two}), 4, 4
	m.view.Waves = []workflows.Wave{{State: workflows.WaveRunning}}
	m.helm = newHelm(m.cells, &workflows.MigrationResume{Steering: []workflows.Steering{{Serial: 1, Limit: -1}, {Serial: 1, Limit: -1}}})
	for _, cell := range m.cells.order {
		m.cells.report[cell].Limit, m.cells.report[cell].Serial = -1, 1
		m.cells.report[cell].Waves = []workflows.CellWave{{Canaries: 4, Waiting: 4}} // though they may all have begun since
	}
	limits := m.limits(m.openings())
	if sum := limits[0] + limits[1]; sum > 4 {
		t.Errorf("the cells get %v permits before they follow, want 4 at most", limits)
	}
	m.helm.told[0] = workflows.Directive{Serial: 2, Limit: limits[0]}
	m.helm.told[1] = workflows.Directive{Serial: 2, Limit: limits[1]}
	*m.cells.report[one] = workflows.CellReport{
		Cell: one, Serial: 2, Limit: limits[0], InFlight: 4, Waves: []workflows.CellWave{{Canaries: 4}}, // it had begun four
	}
	if limits := m.limits(m.openings()); limits[1] > 0 {
		t.Errorf("four are in flight, and the other cell gets %d permits", limits[1])
	}
}

// TestAPartIsCancelledOnce: a repeated call leaves no other line.
func TestAPartIsCancelledOnce(t *testing.T) {
	s := newStage(t, map[string]content{"1": {canaries: []workflows.CanaryState{good, good}, lasts: []time.Duration{time.Hour, time.Hour}}})
	in := workflows.Cancellation{Part: workflows.Part{Cell: &workflows.Cell{Account: "1", Region: region}}}
	s.at(10*time.Minute, func() { s.ask(workflows.CancelUpdate, in) })
	s.at(20*time.Minute, func() {
		s.ask(workflows.CancelUpdate, in)
		s.must("one line", len(s.view().Controls) == 1)
	})
	s.at(2*time.Hour, s.close)
	s.run(workflows.Rollout{})
}
