package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	baking = rekeyv1.WaveState_WAVE_STATE_BAKING
	judged = rekeyv1.WaveState_WAVE_STATE_JUDGED
)

// inWave reports whether a wave is in a state.
func inWave(n int, state rekeyv1.WaveState) func(*rekeyv1.Migration) bool {
	return func(m *rekeyv1.Migration) bool { return m.GetWaves()[n].GetState() == state }
}

// TestAdvance ends bakes and pauses after waves by hand, each once, and changes a bake, the concurrency and the rate of a
// migration that is under way.
func TestAdvance(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: a-1, role: one, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: b-1, role: one, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: c-1, role: one, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: d-1, role: one, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: d-2, role: one, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: d-3, role: one, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: d-4, role: one, encryption: {mode: SSE_S3}}
`))
	listed := func(pattern string, w *rekeyv1.WaveSpec) *rekeyv1.WaveSpec {
		w.Take = &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{NamePatterns: []string{pattern}}}
		return w
	}
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Waits.RevokeWatch = durationpb.New(0)
	hours := durationpb.New(30 * time.Hour)
	spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 1, Waves: []*rekeyv1.WaveSpec{
		listed("a-*", &rekeyv1.WaveSpec{BakeTime: hours}),
		listed("b-*", &rekeyv1.WaveSpec{BakeTime: hours}),
		listed("c-*", &rekeyv1.WaveSpec{PauseAfter: true}),
	}}
	m := s.begin(spec)
	id := m.GetId()
	_, err := s.api.AdvanceMigration(s.ctx, &rekeyv1.AdvanceMigrationRequest{MigrationId: id, Wave: 3})
	refused(t, "advancing what does not bake", err, "WRONG_STATE")
	_, err = s.api.UpdateRollout(s.ctx, &rekeyv1.UpdateRolloutRequest{MigrationId: id, Waves: []*rekeyv1.WaveChange{{Wave: 9, BakeTime: hours}}})
	if _, reason := reasonOf(err); reason != "PART_NOT_FOUND" {
		t.Errorf("changing a wave that there is not: %v", err)
	}

	s.await(id, inWave(0, baking))
	s.advance(id, 0)
	m = s.await(id, inWave(1, baking))
	if j := m.GetWaves()[0].GetJudgement(); j.GetVerdict() != rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON {
		t.Errorf("the wave that was advanced was judged %v", j)
	}
	s.advance(id, 0) // again: this bake goes on
	s.retune(&rekeyv1.UpdateRolloutRequest{MigrationId: id, MaxConcurrentCanariesPerCell: new(int32(4))})
	m = s.retune(&rekeyv1.UpdateRolloutRequest{MigrationId: id, MaxStartsPerMinutePerCell: new(int32(1)), Reason: "slowly"})
	if !inWave(1, baking)(m) {
		t.Errorf("advancing wave 0 twice ended the bake of wave 1: %v", m.GetWaves()[1])
	}
	s.retune(&rekeyv1.UpdateRolloutRequest{MigrationId: id, Waves: []*rekeyv1.WaveChange{{Wave: 1, BakeTime: durationpb.New(0)}}})

	m = s.await(id, func(m *rekeyv1.Migration) bool { return m.GetState() == paused })
	if diff := cmp.Diff([]rekeyv1.PauseCause{rekeyv1.PauseCause_PAUSE_CAUSE_WAVE}, causes(m)); diff != "" || !inWave(2, judged)(m) {
		t.Errorf("the pause after wave 2 (-want +got):\n%s\n%v", diff, m.GetWaves()[2])
	}
	if m = s.advance(id, 1); m.GetState() != paused {
		t.Errorf("advancing wave 1 ended the pause after wave 2: %s", m.GetState())
	}
	m = s.advance(id, 2)
	m = s.await(m.GetId(), rested)
	if m.GetState() != succeeded || m.GetRollout().GetMaxConcurrentCanariesPerCell() != 4 {
		t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	s.oneAfterTheOther(m)
	s.atRate(s.waves(m)[3], time.Minute)
	want := []line{
		{Verb: "CREATE", From: "PLANNING"}, {Verb: "APPROVE", From: "AWAITING_APPROVAL"}, {"ADVANCE", "ada", "RUNNING", "wave"},
		{"UPDATE_ROLLOUT", "uma", "RUNNING", ""}, {"UPDATE_ROLLOUT", "uma", "RUNNING", ""}, {"UPDATE_ROLLOUT", "uma", "RUNNING", ""},
		{"ADVANCE", "ada", "PAUSED", "wave"},
	}
	if diff := cmp.Diff(want, lines(m)); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	s.undisturbed()
}

// atRate fails the test when canaries began closer together than that, in AWS's time, or one only after another had ended.
func (s *stack) atRate(canaries map[string]*rekeyv1.Canary, apart time.Duration) {
	s.t.Helper()
	var begun []time.Time
	for _, c := range canaries {
		begun = append(begun, c.GetStartTime().AsTime())
	}
	slices.SortFunc(begun, time.Time.Compare)
	for i := 1; i < len(begun); i++ {
		if gap := begun[i].Sub(begun[i-1]); gap < time.Duration(float64(apart)/s.sim.World.Clock.Scale()) {
			s.t.Errorf("two canaries began %v apart", gap)
		}
	}
	together := false
	for _, c := range canaries {
		together = together || c.GetStartTime().AsTime().Before(begun[len(begun)-1]) && c.GetUpdateTime().AsTime().After(begun[len(begun)-1])
	}
	if !together {
		s.t.Error("the canaries went one after the other, though four may be in flight")
	}
}
