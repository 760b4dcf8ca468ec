package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// wave is a wave of a plan as tests compare it.
type wave struct {
	Title           string
	Canaries, Cells int32
}

func planOf(m *rekeyv1.Migration) []wave {
	var list []wave
	for _, w := range m.GetWaves() {
		list = append(list, wave{w.GetTitle(), w.GetCanaries(), w.GetCells()})
	}
	return list
}

// kinds are YAML of canaries of four kinds, so many each, in an account: the name begins with the kind.
func kinds(account string, n int) string {
	var b strings.Builder
	for i := range n {
		of := func(kind, more string) {
			fmt.Fprintf(&b, "\n  - {account: %s, region: eu-west-1, name: %s-%s-%d, %s}", account, kind, account, i, more)
		}
		of("dry", "role: one, encryption: {mode: SSE_KMS, key: k}")
		of("run", "role: one, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}")
		of("visual", "role: one, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]")
		of("s3", "role: two, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_S3}")
	}
	return b.String()
}

// TestWaves takes a fleet of four kinds in two accounts through waves by coverage, by name, by percent and the rest; and at
// the same time another part of it through waves by account.
func TestWaves(t *testing.T) {
	s := start(t, parse(t,
		canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+canaryRole("pay", "one", "")+canaryRole("pay", "two", "")+
			canaryRole("shop", "other", "")+canaryRole("pay", "other", ""),
		kinds("shop", 3)+kinds("pay", 1)+`
  - {account: shop, region: eu-west-1, name: other-1, role: other, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: other-2, role: other, encryption: {mode: SSE_S3}}
  - {account: pay, region: eu-west-1, name: other-3, role: other, encryption: {mode: SSE_S3}}
`))
	spec := s.spec([]string{pay, shop}, []string{ireland}, "central/eu-west-1/l")
	spec.Waits.RevokeWatch = durationpb.New(0)
	spec.Selection.NamePatterns = []string{"dry-*", "run-*", "visual-*", "s3-*"}
	spec.Rollout = &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{
		{Take: &rekeyv1.WaveSpec_Coverage{Coverage: true}},
		{Take: &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{NamePatterns: []string{"*-shop-2", "nobody"}}}},
		{Take: &rekeyv1.WaveSpec_Percent{Percent: 30}},
	}}
	others := s.spec([]string{pay, shop}, []string{ireland}, "central/eu-west-1/l")
	others.Waits.RevokeWatch = durationpb.New(0)
	others.Selection.NamePatterns = []string{"other-*"}
	others.Rollout = &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{
		{Take: &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{AccountIds: []string{shop}}}},
	}}
	m, other := s.begin(spec), s.begin(others)

	want := []wave{{"one of each kind", 4, 1}, {"listed", 4, 1}, {"30 %", 5, 2}, {"the rest", 3, 1}}
	if diff := cmp.Diff(want, planOf(m)); diff != "" {
		t.Errorf("the waves of the plan (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]wave{{"listed", 2, 1}, {"the rest", 1, 1}}, planOf(other)); diff != "" {
		t.Errorf("the waves by account (-want +got):\n%s", diff)
	}
	waves := s.waves(m)
	counts := map[string]int{}
	for name := range waves[0] {
		kind, _, _ := strings.Cut(name, "-")
		counts[kind]++
	}
	if diff := cmp.Diff(map[string]int{"dry": 1, "run": 1, "visual": 1, "s3": 1}, counts); diff != "" {
		t.Errorf("wave 0 is not one of each kind (-want +got):\n%s", diff)
	}
	for name := range waves[1] {
		if !strings.HasSuffix(name, "-shop-2") {
			t.Errorf("the listed wave has %s", name)
		}
	}

	m, other = s.await(m.GetId(), rested), s.await(other.GetId(), rested)
	for _, m := range []*rekeyv1.Migration{m, other} {
		if m.GetState() != succeeded {
			t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
		}
		s.oneAfterTheOther(m)
	}
	s.undisturbed()
	all := s.canaries(m)
	maps.Copy(all, s.canaries(other))
	s.onlyPlanned(all)
}

// waves are the canaries of each wave, as the listing by wave has them; the counts of the waves must be theirs.
func (s *stack) waves(m *rekeyv1.Migration) []map[string]*rekeyv1.Canary {
	s.t.Helper()
	var list []map[string]*rekeyv1.Canary
	for _, w := range m.GetWaves() {
		canaries := s.list(&rekeyv1.ListCanariesRequest{MigrationId: m.GetId(), Wave: new(w.GetNumber())})
		if len(canaries) != int(w.GetCanaries()) {
			s.t.Errorf("wave %d has %d canaries, and %d are listed", w.GetNumber(), w.GetCanaries(), len(canaries))
		}
		for name, c := range canaries {
			if c.Wave == nil || c.GetWave() != w.GetNumber() {
				s.t.Errorf("%s is listed in wave %d and says %v", name, w.GetNumber(), c.Wave)
			}
		}
		list = append(list, canaries)
	}
	return list
}

// oneAfterTheOther fails the test unless each wave was judged to go on before anything of the next began, by what the
// canaries say and by what the world saw.
func (s *stack) oneAfterTheOther(m *rekeyv1.Migration) {
	s.t.Helper()
	canaries := s.waves(m)
	for i, w := range m.GetWaves() {
		if w.GetState() != rekeyv1.WaveState_WAVE_STATE_JUDGED || w.GetJudgement().GetVerdict() != rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON {
			s.t.Errorf("wave %d is %s, judged %v", i, w.GetState(), w.GetJudgement())
		}
		if w.GetRested() != w.GetCanaries() {
			s.t.Errorf("%d of %d canaries of wave %d rest", w.GetRested(), w.GetCanaries(), i)
		}
		if i == 0 {
			continue
		}
		before := m.GetWaves()[i-1].GetEndTime().AsTime()
		for name, c := range canaries[i] {
			if c.GetStartTime().AsTime().Before(before) {
				s.t.Errorf("%s of wave %d began at %v, before wave %d was judged at %v", name, i, c.GetStartTime().AsTime(), i-1, before)
			}
			if first := s.changed(0, c)[0]; first.Time.Before(s.simulated(before)) {
				s.t.Errorf("%s of wave %d was changed at %v, before wave %d was judged: %v", name, i, first.Time, i-1, first)
			}
		}
	}
}
