package e2e

import (
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// bakes checks a wave that bakes for two runs, in the journal, and that a canary whose site was down before the first wave is
// compared with in none.
func (s *stack) bakes(m *rekeyv1.Migration) {
	s.t.Helper()
	m = s.await(m.GetId(), rested)
	if m.GetState() != succeeded {
		s.t.Errorf("%s ended as %s: %s", m.GetSpec().GetSelection().GetNamePatterns(), m.GetState(), m.GetStateReason())
	}
	proven := s.canaries(m)["bake-1"].GetProof().GetRuns()[0].GetStartTime().AsTime()
	if n := s.ran("bake-1", proven, s.simulated(m.GetWaves()[0].GetEndTime().AsTime())); n < 2 {
		s.t.Errorf("the wave was judged after %d runs beside the one that proved it, and was to bake for 2", n)
	}
	s.wantJudged(m, 0, judgement{goOn, judgedGroup{1, 0}, judgedGroup{2, 0}})
	s.wantJudged(m, 1, judgement{goOn, judgedGroup{1, 0}, judgedGroup{1, 0}})
}

// bakesForATime checks a wave that bakes for a time, after one whose canary does not run by itself: nobody waits for its runs,
// and that it has none is no reason for a pause.
func (s *stack) bakesForATime(m *rekeyv1.Migration) {
	s.t.Helper()
	m = s.await(m.GetId(), rested)
	if m.GetState() != succeeded {
		s.t.Errorf("%s ended as %s: %s", m.GetSpec().GetSelection().GetNamePatterns(), m.GetState(), m.GetStateReason())
	}
	s.wantJudged(m, 0, judgement{Verdict: goOn})
	s.wantJudged(m, 1, judgement{goOn, judgedGroup{1, 0}, judgedGroup{1, 0}})
	w := m.GetWaves()[1]
	asked := s.sim.Fleet.TimeScale * w.GetEndTime().AsTime().Sub(w.GetBakeStartTime().AsTime()).Minutes()
	if asked < 3 {
		s.t.Errorf("the wave baked for %.1f minutes of AWS's time, and was to for 3", asked)
	}
}

// harms checks a wave whose canary fails after it was migrated, and no other does.
func (s *stack) harms(m *rekeyv1.Migration) {
	s.t.Helper()
	m = s.awaitPause(m, rekeyv1.PauseCause_PAUSE_CAUSE_INCONCLUSIVE)
	if why := s.wantJudged(m, 0, judgement{inconclusive, judgedGroup{1, 1}, judgedGroup{2, 0}}); !strings.Contains(why, "may do harm") {
		s.t.Errorf("the reason is %q", why)
	}
	if failed := m.GetWaves()[0].GetBudget().GetFailed(); failed != 0 {
		s.t.Errorf("%d failures, of canaries that all were migrated", failed)
	}
}

// excuses checks an outage that hits canaries of the wave and others alike: no budget is charged with the canary that can't be
// proven meanwhile, and the migration goes on when an operator says that the outage is over.
func (s *stack) excuses(m *rekeyv1.Migration) {
	s.t.Helper()
	m = s.awaitPause(m, rekeyv1.PauseCause_PAUSE_CAUSE_INCONCLUSIVE)
	why := s.wantJudged(m, 0, judgement{inconclusive, judgedGroup{1, 1}, judgedGroup{2, 2}})
	if b := m.GetBudget(); !strings.Contains(why, "not migrated failed too") || b.GetFailed() != 0 || b.GetExcused() != 1 {
		s.t.Errorf("judged %q with the budget %v", why, b)
	}
	if c := s.canaries(m)["out-2-visual"]; c.GetState() != unverified || !c.GetExcused() {
		s.t.Errorf("the canary is %s, excused %v: %v", c.GetState(), c.GetExcused(), c.GetProblem())
	}
	s.sites(virginia, false, "out-1", "out-2-visual", "out-3", "out-4")
	part := partOfCanary(shop, virginia, "out-5-broken")
	s.pause(m.GetId(), part)
	s.resume(m.GetId(), part)
	s.advance(m.GetId(), 0)
	m = s.await(m.GetId(), rested)
	if m.GetState() != failed || m.GetBudget().GetFailed() != 0 {
		s.t.Errorf("ended as %s with the budget %v: %s", m.GetState(), m.GetBudget(), m.GetStateReason())
	}
}

// charges checks the same outage where the rollout wants it charged.
func (s *stack) charges(m *rekeyv1.Migration) {
	s.t.Helper()
	m = s.awaitPause(m, rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET)
	s.wantJudged(m, 0, judgement{stop, judgedGroup{1, 1}, judgedGroup{2, 2}})
	if b := m.GetBudget(); b.GetFailed() != 1 || b.GetExcused() != 0 {
		s.t.Errorf("the budget is %v", b)
	}
	_, err := s.api.AdvanceMigration(s.ctx, &rekeyv1.AdvanceMigrationRequest{MigrationId: m.GetId()})
	refused(s.t, "advance beyond the budget", err, "BUDGET_USED_UP")
}

// foretellsWaves holds a migration's forecast against what happened. Its waves took as long as they were expected to.
func (s *stack) foretellsWaves(m *rekeyv1.Migration) {
	s.t.Helper()
	m = s.await(m.GetId(), rested)
	f := m.GetPlan().GetForecast()
	calls := map[string]int64{}
	for _, c := range f.GetCalls() {
		calls[c.GetAction()] = c.GetCount()
	}
	if calls["synthetics:UpdateCanary"] != 4 || calls["synthetics:StartCanaryDryRun"] != 4 {
		s.t.Errorf("calls of four canaries: %v", calls)
	}
	// Each makes a dry run, and one run when it was updated.
	if f.GetExtraRuns() != 8 || f.GetExtraRunCostUsd() != 8*runPrice {
		s.t.Errorf("%d extra runs for $%g, want 8 at $%g", f.GetExtraRuns(), f.GetExtraRunCostUsd(), runPrice)
	}
	took := m.GetEndTime().AsTime().Sub(m.GetWaves()[0].GetStartTime().AsTime())
	if told := f.GetDuration(); took < told.GetLeast().AsDuration() {
		s.t.Errorf("the whole took %s, and was to take from %s", took, told.GetLeast().AsDuration())
	}
	for _, w := range m.GetWaves() {
		took, told := w.GetEndTime().AsTime().Sub(w.GetStartTime().AsTime()), w.GetForecast()
		s.t.Logf("wave %d took %s, foretold %s to %s", w.GetNumber(), took, told.GetLeast().AsDuration(), told.GetMost().AsDuration())
		if told == nil || took < told.GetLeast().AsDuration() || took > told.GetMost().AsDuration() {
			s.t.Errorf("wave %d took %s, and was to take %v", w.GetNumber(), took, told)
		}
	}
}
