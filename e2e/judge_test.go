package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// judgedCanaries are those of five migrations, which their names tell apart. What runs by cron does not run at once after an
// update here, so that it waits for its run long enough for the site to go down meanwhile.
var judgedCanaries = `
  - {account: shop, region: eu-west-1, name: bake-1, role: bake, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: bake-2, role: bake, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: bake-3, role: bake, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: bake-4, role: bake, encryption: {mode: SSE_KMS, key: k}, site_down: true}
  - {account: shop, region: eu-west-1, name: time-0-stopped, role: time, state: STOPPED, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: time-1, role: time, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: time-2, role: time, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: harm-1, role: harm, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: harm-2, role: harm, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: harm-3, role: harm, encryption: {mode: SSE_KMS, key: k}}
` + outageCanaries("out") + outageCanaries("charge")

// outageCanaries are two of a first wave, of which one needs its site to be proven, two of a later one, and another of that
// whose site is down from the beginning.
func outageCanaries(name string) string {
	return strings.ReplaceAll(`
  - {account: shop, region: us-east-1, name: NAME-1, role: NAME, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: NAME-2-visual, role: NAME, runtime: syn-nodejs-puppeteer-9.1, schedule: "cron(0/10 * * * ? *)", encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: us-east-1, name: NAME-3, role: NAME, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: NAME-4, role: NAME, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: NAME-5-broken, role: NAME, encryption: {mode: SSE_KMS, key: k}, site_down: true}
`, "NAME", name)
}

// count is a wave of so many canaries, with so many runs to bake.
func count(canaries, bakeRuns int32) *rekeyv1.WaveSpec {
	return &rekeyv1.WaveSpec{Take: &rekeyv1.WaveSpec_Count{Count: canaries}, BakeRuns: bakeRuns}
}

// listed is a wave of the canaries of these names.
func listed(patterns ...string) *rekeyv1.WaveSpec {
	return &rekeyv1.WaveSpec{Take: &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{NamePatterns: patterns}}}
}

// inWaves selects the canaries of a migration of the test.
func (s *stack) inWaves(name string, rollout *rekeyv1.Rollout) *rekeyv1.MigrationSpec {
	spec := s.spec([]string{shop}, []string{ireland, virginia}, "shop/eu-west-1/l", "shop/us-east-1/l")
	spec.Selection.NamePatterns = []string{name + "-*"}
	spec.Waits.RevokeWatch, spec.Waits.RunDeadline = durationpb.New(0), durationpb.New(12*time.Minute)
	spec.Rollout = rollout
	return spec
}

// TestWavesAreJudged runs five migrations side by side: each wave bakes as it is asked to, and is judged by how its canaries
// do beside those that were not migrated.
func TestWavesAreJudged(t *testing.T) {
	roles := ""
	for _, name := range []string{"bake", "time", "harm", "out", "charge"} {
		roles += canaryRole("shop", name, "")
	}
	s := start(t, parse(t, roles, judgedCanaries, "synthetics: {cron_runs_after_edit: false}\n"))
	none := &rekeyv1.FailureBudget{Count: new(int32(0))}
	bake := s.create(s.inWaves("bake", &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{count(1, 2), count(1, 0)}}))
	stopped := listed("*-stopped")
	stopped.BakeRuns = 100
	timed := s.create(s.inWaves("time", &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{
		stopped, {Take: &rekeyv1.WaveSpec_Count{Count: 1}, BakeTime: durationpb.New(3 * time.Minute)},
	}}))
	harm := s.create(s.inWaves("harm", &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{count(1, 4)}}))
	first := []*rekeyv1.WaveSpec{listed("*-1", "*-2-visual")}
	out := s.create(s.inWaves("out", &rekeyv1.Rollout{Waves: first, Budget: none}))
	charged := s.create(s.inWaves("charge", &rekeyv1.Rollout{Waves: first, Budget: none, ChargeOutages: true}))
	for _, m := range []*rekeyv1.Migration{out, charged, harm, bake, timed} {
		s.approve(m)
	}
	for name, m := range map[string]*rekeyv1.Migration{"out": out, "charge": charged} {
		s.eventually(name+" to wait for its run", func() bool {
			return s.canaries(m)[name+"-2-visual"].GetStep() >= rekeyv1.CanaryStep_CANARY_STEP_RUN
		})
		s.sites(virginia, true, name+"-1", name+"-2-visual", name+"-3", name+"-4")
	}
	s.await(harm.GetId(), inWave(0, rekeyv1.WaveState_WAVE_STATE_BAKING))
	s.sites(ireland, true, "harm-1")
	s.bakes(bake)
	s.bakesForATime(timed)
	s.harms(harm)
	s.excuses(out)
	s.charges(charged)
	s.foretellsWaves(bake)
	s.reports(out)
}

// sites takes the sites of canaries down, or up again.
func (s *stack) sites(region string, down bool, names ...string) {
	s.t.Helper()
	for _, name := range names {
		if err := s.sim.Synthetics.SetSiteDown("arn:aws:synthetics:"+region+":"+shop+":canary:"+name, down); err != nil {
			s.t.Fatal(err)
		}
	}
}

// ran is how many runs of a canary began after an instant and were complete at another.
func (s *stack) ran(name string, after, until time.Time) int {
	n := 0
	for _, e := range s.sim.World.Journal.Since(0) {
		began, err := time.Parse(time.RFC3339Nano, e.Detail["started"])
		if e.Kind == "run" && strings.HasSuffix(e.Resource, ":canary:"+name) && err == nil && began.After(after) && !e.Time.After(until) {
			n++
		}
	}
	return n
}

// judgedGroup is how many canaries a group has, and how many of them fail.
type judgedGroup struct{ Canaries, Failed int32 }

type judgement struct {
	Verdict           rekeyv1.WaveVerdict
	Migrated, Control judgedGroup
}

const (
	goOn         = rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON
	inconclusive = rekeyv1.WaveVerdict_WAVE_VERDICT_INCONCLUSIVE
	stop         = rekeyv1.WaveVerdict_WAVE_VERDICT_STOP
)

// wantJudged compares the judgement of a wave, and answers its reason.
func (s *stack) wantJudged(m *rekeyv1.Migration, wave int, want judgement) string {
	s.t.Helper()
	j := m.GetWaves()[wave].GetJudgement()
	got := judgement{
		j.GetVerdict(), judgedGroup{j.GetMigrated().GetCanaries(), j.GetMigrated().GetFailed()},
		judgedGroup{j.GetControl().GetCanaries(), j.GetControl().GetFailed()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("wave %d of %s, judged %q (-want +got):\n%s", wave, m.GetSpec().GetSelection().GetNamePatterns(), j.GetReason(), diff)
	}
	return j.GetReason()
}

// awaitPause waits until a migration is paused, and fails the test when something else paused it.
func (s *stack) awaitPause(m *rekeyv1.Migration, cause rekeyv1.PauseCause) *rekeyv1.Migration {
	s.t.Helper()
	m = s.await(m.GetId(), func(m *rekeyv1.Migration) bool {
		return rested(m) || m.GetState() == paused && m.GetWaves()[0].GetJudgement() != nil
	})
	if by := causes(m); !slices.Equal(by, []rekeyv1.PauseCause{cause}) {
		s.t.Errorf("%s is %s, paused by %v, want %s: %s", m.GetSpec().GetSelection().GetNamePatterns(), m.GetState(), by, cause, m.GetStateReason())
	}
	return m
}
