package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/awssim/journal"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// pauseWorld is a fleet of two Regions with canaries of several ways: with and without dry runs, with baselines, that are
// started for one run; and roles enough that access is given and removed all the time.
func pauseWorld(t *testing.T, n int) *fleet.Fleet {
	t.Helper()
	ways := []string{
		"encryption: {mode: SSE_KMS, key: k}",
		"runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}",
		"runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]",
		"encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]",
	}
	var roles, canaries strings.Builder
	for i := range n {
		roles.WriteString(canaryRole("shop", fmt.Sprintf("role-%02d", i), ""))
		for _, region := range []string{ireland, virginia} {
			fmt.Fprintf(&canaries, "\n  - {account: shop, region: %s, name: canary-%02d-%s, role: role-%02d, schedule: rate(2 minutes), %s}",
				region, i, region, i, ways[i%len(ways)])
		}
	}
	return parse(t, roles.String(), canaries.String()+"\n")
}

// pauseSpec has every second canary, by its name, in the first wave.
func (s *stack) pauseSpec() *rekeyv1.MigrationSpec {
	spec := s.spec([]string{shop}, []string{ireland, virginia}, "shop/eu-west-1/l", "shop/us-east-1/l")
	spec.Waits.RevokeWatch = durationpb.New(time.Minute)
	spec.Rollout = &rekeyv1.Rollout{
		MaxConcurrentCanariesPerCell: 3,
		Waves: []*rekeyv1.WaveSpec{{
			Take: &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{NamePatterns: []string{"canary-0*"}}},
		}},
	}
	return spec
}

// inMidFlight reports whether canaries are in so many different steps at a time.
func inMidFlight(steps int) func(*rekeyv1.Migration) bool {
	return func(m *rekeyv1.Migration) bool {
		return m.GetState() == running && len(m.GetProgress().GetSteps()) >= steps
	}
}

// underWay is how many canaries wait for their turn, or have steps before them that are their own.
func underWay(m *rekeyv1.Migration) int32 {
	n := int32(0)
	for _, c := range m.GetProgress().GetStates() {
		if c.GetState() == rekeyv1.CanaryState_CANARY_STATE_PENDING {
			n += c.GetCount()
		}
	}
	for _, c := range m.GetProgress().GetSteps() {
		if c.GetStep() != rekeyv1.CanaryStep_CANARY_STEP_REVOKE {
			n += c.GetCount()
		}
	}
	return n
}

// still lets the second pass that a pause may take, and watches then for some minutes of the world's time, which are seconds
// of ours, what rekey changes. It fails the test when the world stood still meanwhile.
func (s *stack) still(then ...func()) []journal.Entry {
	s.t.Helper()
	clock := s.sim.World.Clock
	s.sim.WaitUntil(clock.Now().Add(time.Duration(clock.Scale() * float64(time.Second))))
	seq := s.sim.World.Journal.Len()
	for _, f := range then {
		f()
	}
	s.sim.WaitUntil(clock.Now().Add(4 * time.Minute))
	if s.sim.World.Journal.Len() == seq {
		s.t.Error("no canary ran while the migration was paused: the world stood still")
	}
	return s.changes(seq)
}

// stillPaused fails the test when rekey changes something then.
func (s *stack) stillPaused(what string, then ...func()) {
	s.t.Helper()
	for _, e := range s.still(then...) {
		s.t.Errorf("%s, and rekey changed something: %v", what, e)
	}
}

// TestPauseEverything pauses a migration in mid-flight, with a server that wants every run handed on after a few events: no
// call of rekey's changes anything a second after the answer, not by another worker either, until it is resumed. Updates
// that AWS did not take before are under way as activities, which only the workers' gate can hold. A part that was paused
// by itself stays paused when the whole is resumed.
func TestPauseEverything(t *testing.T) {
	s := start(t, pauseWorld(t, 10), "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=80")
	s.sim.World.Faults.Set([]fault.Rule{{Service: "synthetics", Operation: "UpdateCanary", Region: virginia, FailBefore: 1}})
	m := s.begin(s.pauseSpec())
	s.await(m.GetId(), func(m *rekeyv1.Migration) bool {
		return inMidFlight(3)(m) && len(s.list(&rekeyv1.ListCanariesRequest{
			MigrationId: m.GetId(), Region: virginia, Steps: []rekeyv1.CanaryStep{rekeyv1.CanaryStep_CANARY_STEP_UPDATE},
		})) > 0
	})
	for range 2 { // pausing again does nothing
		m = s.pause(m.GetId(), nil)
	}
	if diff := cmp.Diff([]rekeyv1.PauseCause{rekeyv1.PauseCause_PAUSE_CAUSE_OPERATOR}, causes(m)); m.GetState() != paused || diff != "" {
		t.Errorf("%s, and the causes (-want +got):\n%s", m.GetState(), diff)
	}
	s.stillPaused("everything was paused", func() { s.sim.World.Faults.Set(nil) })
	s.stillPaused("everything was paused, and a new worker came", func() {
		s.stopWorker()
		s.startWorker(s.endpoint)
	})
	if steps := s.get(m.GetId()).GetProgress().GetSteps(); len(steps) == 0 {
		t.Error("nothing was under way: the test paused nothing")
	}

	one := partOfCanary(virginia, "canary-09-"+virginia)
	s.pause(m.GetId(), one)
	m = s.resume(m.GetId(), nil)
	if m.GetState() != running || len(m.GetPauses()) != 1 {
		t.Errorf("resumed it is %s with %v", m.GetState(), m.GetPauses())
	}
	m = s.await(m.GetId(), func(m *rekeyv1.Migration) bool { return underWay(m) == 1 })
	if m.GetState() != running {
		t.Errorf("with one canary paused it is %s", m.GetState())
	}
	s.resume(m.GetId(), one)
	m = s.await(m.GetId(), rested)
	s.allMigrated(m)
	if n := s.runs(workflows.MigrationID(m.GetId())); n < 2 {
		t.Errorf("the migration had %d runs: the test did not make it hand on", n)
	}
	want := []line{
		{Verb: "CREATE", From: "PLANNING"}, {Verb: "APPROVE", From: "AWAITING_APPROVAL"}, {"PAUSE", "petra", "RUNNING", ""},
		{"PAUSE", "petra", "PAUSED", "canary-09-" + virginia}, {"RESUME", "rosa", "PAUSED", ""},
		{"RESUME", "rosa", "RUNNING", "canary-09-" + virginia},
	}
	if diff := cmp.Diff(want, lines(m)); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	s.record("pause")
}

// allMigrated fails the test unless every canary of a migration is migrated, and no run was lost for it.
func (s *stack) allMigrated(m *rekeyv1.Migration) {
	s.t.Helper()
	if m.GetState() != succeeded {
		s.t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	canaries := s.canaries(m)
	for name, c := range canaries {
		if c.GetState() != migrated || c.GetOldAccess().GetState() != revoked {
			s.t.Errorf("%s is %s: %v %v", name, c.GetState(), c.GetProblem(), c.GetOldAccess())
		}
	}
	s.undisturbed()
	s.onlyPlanned(canaries)
}

// TestPauseParts pauses a canary, a cell and a wave, one after the other, while the rest goes on.
func TestPauseParts(t *testing.T) {
	s := start(t, pauseWorld(t, 14))
	m := s.begin(s.pauseSpec())
	s.await(m.GetId(), inMidFlight(2))
	cases := map[string]struct {
		part *rekeyv1.Part
		of   func(journal.Entry) bool // what of the journal is the part's
	}{
		"canary": {
			partOfCanary(ireland, "canary-00-"+ireland),
			func(e journal.Entry) bool { return strings.HasSuffix(e.Resource, ":canary:canary-00-"+ireland) },
		},
		"cell": {
			partOfCell(virginia),
			func(e journal.Entry) bool { return e.Region == virginia },
		},
		"wave": {
			partOfWave(1),
			func(e journal.Entry) bool { return strings.Contains(e.Resource, ":canary:canary-1") },
		},
	}
	for _, name := range []string{"canary", "cell", "wave"} {
		c := cases[name]
		m := s.pause(m.GetId(), c.part)
		if m.GetState() != running || !slices.ContainsFunc(m.GetPauses(), func(p *rekeyv1.Pause) bool { return partName(p.GetPart()) == partName(c.part) }) {
			t.Errorf("%s: paused it is %s with %v", name, m.GetState(), m.GetPauses())
		}
		changes := s.still()
		for _, e := range changes {
			if c.of(e) {
				t.Errorf("%s: paused, and rekey changed something of it: %v", name, e)
			}
		}
		if len(changes) == 0 {
			t.Errorf("%s: paused, and nothing else went on", name)
		}
		if name != "wave" {
			s.resume(m.GetId(), c.part)
		}
	}
	m = s.await(m.GetId(), func(m *rekeyv1.Migration) bool {
		return m.GetWaves()[1].GetState() == rekeyv1.WaveState_WAVE_STATE_RUNNING
	})
	s.stillPaused("the wave that runs was paused")
	for name, c := range s.waves(m)[1] {
		if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_PENDING {
			t.Errorf("%s of the paused wave was begun: %s", name, c.GetStep())
		}
	}
	s.resume(m.GetId(), partOfWave(1))
	s.allMigrated(s.await(m.GetId(), rested))
}
