package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// budgetWorld is a fleet in two Regions of which some canaries fail by a guardrail that no plan sees: those of the role
// "unseen". None can be proven by a dry run, so that a failure shows after the update. The names begin with a letter for the
// migration that takes them.
func budgetWorld(t *testing.T) *fleet.Fleet {
	t.Helper()
	var b strings.Builder
	add := func(region, name string, fails bool) {
		role := map[bool]string{false: "good", true: "unseen"}[fails]
		fmt.Fprintf(&b, "\n  - {account: shop, region: %s, name: %s, role: %s, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}",
			region, name, role)
	}
	for _, region := range []string{ireland, virginia} {
		for i := range 8 {
			add(region, fmt.Sprintf("a-%d-%s", i, region), i < 5 && i%2 == 0) // 0, 2 and 4
		}
		for i := range 5 {
			add(region, fmt.Sprintf("c-%d-%s", i, region), false)
		}
	}
	for i := range 6 {
		add(ireland, fmt.Sprintf("b-%d", i), i == 0 || i == 2)
	}
	add(ireland, "d-0", false)
	add(ireland, "d-1", true)
	add(ireland, "d-2", false)
	add(virginia, "e-0", false)
	add(virginia, "e-1", false)
	add(ireland, "e-2", false)
	return parse(t, canaryRole("shop", "good", "")+canaryRole("shop", "unseen", ""), b.String()+"\n", unseenDeny)
}

func (s *stack) budgetSpec(prefix string, rollout *rekeyv1.Rollout) *rekeyv1.MigrationSpec {
	spec := s.spec([]string{shop}, []string{ireland, virginia}, "central/eu-west-1/l", "central/us-east-1/l")
	spec.Selection.NamePatterns = []string{prefix + "-*"}
	spec.Waits.RevokeWatch = durationpb.New(0)
	spec.Rollout = rollout
	return spec
}

// raise is when a budget was raised, by the world's clock, and to what.
type raise struct {
	at time.Time
	to int
}

// TestBudgetIsStrict lets canaries fail until the budget is used up, twice: at no time is more in flight than what is left
// of it plus one, over both cells and while every run is handed on after a few events, and it takes a higher budget to go on.
func TestBudgetIsStrict(t *testing.T) {
	s := start(t, budgetWorld(t), "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=60")
	m := s.begin(s.budgetSpec("a", &rekeyv1.Rollout{
		MaxConcurrentCanariesPerCell: 4, Budget: &rekeyv1.FailureBudget{Count: new(int32(1))},
	}))
	raises := []raise{{to: 1}}
	for _, to := range []int32{3, 100} {
		m = s.await(m.GetId(), func(m *rekeyv1.Migration) bool {
			return m.GetState() == paused && int(m.GetBudget().GetAllowed()) == raises[len(raises)-1].to
		})
		if diff := cmp.Diff([]rekeyv1.PauseCause{rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET}, causes(m)); diff != "" {
			t.Errorf("the causes of the pause (-want +got):\n%s", diff)
		}
		if b := m.GetBudget(); b.GetFailed() != b.GetAllowed()+1 || m.GetPauses()[0].GetReason() == "" || m.GetPauses()[0].GetCaller() != nil {
			t.Errorf("paused with %v by %v", b, m.GetPauses()[0])
		}
		_, err := s.api.ResumeMigration(s.as("rosa"), &rekeyv1.ResumeMigrationRequest{MigrationId: m.GetId()})
		refused(t, "resuming without a budget", err, "BUDGET_USED_UP")
		raises = append(raises, raise{s.sim.World.Clock.Now(), int(to)})
		s.retune(&rekeyv1.UpdateRolloutRequest{MigrationId: m.GetId(), Budget: &rekeyv1.FailureBudget{Count: &to}, Reason: "known"})
		s.resume(m.GetId(), nil)
	}
	m = s.await(m.GetId(), rested)

	canaries := s.canaries(m)
	if m.GetState() != failed || m.GetBudget().GetFailed() != 6 || m.GetBudget().GetAllowed() != 16 {
		t.Errorf("ended as %s with %v", m.GetState(), m.GetBudget())
	}
	for name, c := range canaries {
		want := map[bool]rekeyv1.CanaryState{false: migrated, true: rekeyv1.CanaryState_CANARY_STATE_RETURNED}[strings.HasSuffix(c.GetRoleArn(), "unseen")]
		if c.GetState() != want {
			t.Errorf("%s is %s: %v", name, c.GetState(), c.GetProblem())
		}
	}
	s.withinBudget(canaries, raises)
	want := []line{
		{Verb: "CREATE", From: "PLANNING"}, {Verb: "APPROVE", From: "AWAITING_APPROVAL"},
		{Verb: "UPDATE_ROLLOUT", Caller: "uma", From: "PAUSED"}, {Verb: "RESUME", Caller: "rosa", From: "PAUSED"},
		{Verb: "UPDATE_ROLLOUT", Caller: "uma", From: "PAUSED"}, {Verb: "RESUME", Caller: "rosa", From: "PAUSED"},
	}
	if diff := cmp.Diff(want, lines(m)); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	for i, c := range m.GetControls() {
		if c.GetTime() == nil || c.GetVerb() == rekeyv1.ControlVerb_CONTROL_VERB_UPDATE_ROLLOUT && !strings.Contains(c.GetDetail(), "budget") {
			t.Errorf("line %d says %v", i, c)
		}
	}
	if v := s.sim.Verdict(); v.Lost != 0 {
		t.Errorf("runs lost: %d", v.Lost)
	}
	s.record("budget")
}

// withinBudget fails the test when a canary was begun while what was in flight used all that was left of the budget plus one.
func (s *stack) withinBudget(canaries map[string]*rekeyv1.Canary, raises []raise) {
	s.t.Helper()
	flights := s.flights(canaries)
	for _, f := range flights {
		allowed := 0
		for _, r := range raises {
			if r.at.Before(f.begun) {
				allowed = r.to
			}
		}
		if flying, failing := besides(flights, f); flying+failing > allowed+1 {
			s.t.Errorf("%s began at %v beside %d in flight and %d that failed; the budget bore %d", f.name, f.begun, flying, failing, allowed)
		}
	}
}

// TestBudgetOfWave uses up a wave's budget that the whole's in percent would bear, and then shows the bound on what is in
// flight over two cells.
func TestBudgetOfWave(t *testing.T) {
	s := start(t, budgetWorld(t))
	m := s.begin(s.budgetSpec("b", &rekeyv1.Rollout{
		Budget: &rekeyv1.FailureBudget{Percent: new(int32(40))}, // of 6: 2
		Waves: []*rekeyv1.WaveSpec{{
			Take:   &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{NamePatterns: []string{"b-0", "b-1"}}},
			Budget: &rekeyv1.FailureBudget{Count: new(int32(0))},
		}},
	}))
	most := s.begin(s.budgetSpec("c", &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 4, MaxConcurrentCanaries: 3}))

	m = s.await(m.GetId(), func(m *rekeyv1.Migration) bool { return m.GetState() == paused })
	if w := m.GetWaves()[0]; w.GetBudget().GetFailed() != 1 || m.GetBudget().GetAllowed() != 2 || m.GetBudget().GetFailed() != 1 {
		t.Errorf("paused with %v of the wave's and %v of the whole's", w.GetBudget(), m.GetBudget())
	}
	s.retune(&rekeyv1.UpdateRolloutRequest{MigrationId: m.GetId(), Waves: []*rekeyv1.WaveChange{
		{Wave: 0, Budget: &rekeyv1.FailureBudget{Count: new(int32(1))}},
	}})
	s.resume(m.GetId(), nil)
	m = s.await(m.GetId(), rested)
	for _, w := range m.GetWaves() {
		if w.GetJudgement().GetVerdict() != rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON || w.GetBudget().GetFailed() != 1 {
			t.Errorf("wave %d has %v and was judged %v", w.GetNumber(), w.GetBudget(), w.GetJudgement())
		}
	}
	if m.GetState() != failed || m.GetBudget().GetFailed() != 2 {
		t.Errorf("ended as %s with %v", m.GetState(), m.GetBudget())
	}

	most = s.await(most.GetId(), rested)
	flights := s.flights(s.canaries(most))
	together := []int{}
	for _, f := range flights {
		flying, _ := besides(flights, f)
		together = append(together, flying)
	}
	if most.GetState() != succeeded || len(flights) != 10 || slices.Max(together) > 3 || slices.Max(together) < 2 {
		t.Errorf("ended as %s; in flight at a time: %v, want at most 3 and more than 1", most.GetState(), together)
	}
}

// firstOf is a rollout that bears no failure, with a wave of the canaries of a name before the rest.
func firstOf(pattern string) *rekeyv1.Rollout {
	return &rekeyv1.Rollout{
		Budget: &rekeyv1.FailureBudget{Count: new(int32(0))},
		Waves:  []*rekeyv1.WaveSpec{{Take: &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{NamePatterns: []string{pattern}}}}},
	}
}

// TestBudgetLetsOthersGoOn shows what a budget is not in the way of: going back when it is used up, and the cells that are
// not paused, which the permits of a paused one are given to.
func TestBudgetLetsOthersGoOn(t *testing.T) {
	s := start(t, budgetWorld(t))
	back, apart := s.begin(s.budgetSpec("d", firstOf("d-0"))), s.begin(s.budgetSpec("e", firstOf("e-0")))
	s.pause(apart.GetId(), partOfCell(ireland))

	back = s.await(back.GetId(), func(m *rekeyv1.Migration) bool { return m.GetState() == paused })
	if back.GetPauses()[0].GetCause() != rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET {
		t.Errorf("paused by %v", back.GetPauses())
	}
	if _, err := s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: back.GetId()}); err != nil {
		t.Fatalf("roll back: %v", err)
	}
	back = s.await(back.GetId(), func(m *rekeyv1.Migration) bool {
		return m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK
	})
	states := map[string]rekeyv1.CanaryState{}
	for name, c := range s.canaries(back) {
		states[name] = c.GetState()
	}
	want := map[string]rekeyv1.CanaryState{
		"d-0": rekeyv1.CanaryState_CANARY_STATE_RETURNED, "d-1": rekeyv1.CanaryState_CANARY_STATE_RETURNED,
		"d-2": rekeyv1.CanaryState_CANARY_STATE_CANCELLED,
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("rolled back (-want +got):\n%s", diff)
	}

	apart = s.await(apart.GetId(), func(m *rekeyv1.Migration) bool { return m.GetWaves()[1].GetRested() == 1 })
	if c := s.canaries(apart)["e-2"]; c.GetState() != rekeyv1.CanaryState_CANARY_STATE_PENDING {
		t.Errorf("the canary of the paused cell is %s", c.GetState())
	}
	s.resume(apart.GetId(), partOfCell(ireland))
	if apart = s.await(apart.GetId(), rested); apart.GetState() != succeeded {
		t.Errorf("ended as %s: %s", apart.GetState(), apart.GetStateReason())
	}
}
