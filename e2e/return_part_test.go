package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// partWorld is a fleet of two waves in three cells: canaries that can go back, one whose baseline can't be named any more,
// one that is long in flight, and one of an account whose old key is disabled later.
const partWorld = `
  - {account: shop, region: eu-west-1, name: first-plain, role: a, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: first-visual, role: b, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["0,0,200,40"]}]}
  - {account: shop, region: eu-west-1, name: first-old, role: c, last_run_ago: 960h, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: second-long, role: d, schedule: "%s", encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: second-there, role: e, encryption: {mode: SSE_KMS, key: k}}
  - {account: pay, region: eu-west-1, name: second-payer, role: f, encryption: {mode: SSE_KMS, key: k}}
`

func partFleet(t *testing.T) *fleet.Fleet {
	t.Helper()
	roles := canaryRole("pay", "f", "")
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		roles += canaryRole("shop", name, "")
	}
	return parse(t, roles, fmt.Sprintf(partWorld, dueInTenHours()), "synthetics: {cron_runs_after_edit: false}\n")
}

// TestRollBackPart puts parts of a migration back while it is paused, while it runs and when it rests, and then the whole:
// every canary has again what AWS showed before, and what a forecast says is what happens.
func TestRollBackPart(t *testing.T) {
	s := start(t, partFleet(t))
	names := []string{"first-plain", "first-visual", "first-old", "second-long"}
	before := map[string]*types.Canary{}
	for _, name := range names {
		before[name] = s.shown(name)
	}
	spec := paced(s.spec([]string{shop, pay}, []string{ireland, virginia}, "central/eu-west-1/l", "central/us-east-1/l"), "first*")
	spec.Waits.RevokeWatch, spec.Waits.RunDeadline = durationpb.New(0), durationpb.New(20*time.Hour)
	m := s.begun(spec, isPaused)

	s.forecastsAndChangesNothing(m)
	s.returnPart(m, partOfCanary(ireland, "first-plain"))
	s.awaitStates(m, map[string]rekeyv1.CanaryState{"first-plain": returned, "first-visual": migrated, "second-there": pendingCanary})
	if m = s.get(m.GetId()); m.GetState() != pausedState {
		t.Errorf("a part that was put back ended the pause of the whole: %s", m.GetState())
	}

	s.goOn(m)
	s.awaitStates(m, map[string]rekeyv1.CanaryState{"second-payer": migrated, "second-there": migrated})
	s.returnPart(m, partOfCell(virginia))
	s.awaitStates(m, map[string]rekeyv1.CanaryState{"second-there": returned, "second-long": migratingCanary, "first-visual": migrated})
	if m = s.get(m.GetId()); m.GetState() != runningState {
		t.Errorf("while a part is put back the migration is %s", m.GetState())
	}
	s.halt("second-long") // no run is due that would show its old settings: they are read back
	s.returnPart(m, partOfCanary(ireland, "second-long"))
	if m = s.await(m.GetId(), rested); m.GetState() != failed {
		t.Errorf("with parts that were put back it ended as %s: %s", m.GetState(), m.GetStateReason())
	}

	s.returnPart(m, partOfWave(0))
	s.awaitStates(m, map[string]rekeyv1.CanaryState{"first-visual": returned, "first-old": returned, "second-payer": migrated})
	m = s.await(m.GetId(), rested)
	s.rollsBackAgain(m)
	for _, name := range names {
		ignored := cmp.FilterPath(func(p cmp.Path) bool { return name == "first-old" && p.Last().String() == ".BaseCanaryRunId" }, cmp.Ignore())
		if diff := cmp.Diff(before[name], s.shown(name), unexported, ignored); diff != "" {
			t.Errorf("%s is not as it was (-before +after):\n%s", name, diff)
		}
	}
	for _, role := range []string{"shop/a", "shop/b", "shop/c", "shop/d"} {
		if old, now := s.grants("shop/eu-west-1/k", role), s.grants("central/eu-west-1/l", role); old != 1 || now != 0 {
			t.Errorf("%s has %d grants on the old key and %d on the new, want 1 and 0", role, old, now)
		}
	}
	s.undisturbed()
}

// forecastsAndChangesNothing asks what roll backs of a migration would do whose first wave is migrated.
func (s *stack) forecastsAndChangesNothing(m *rekeyv1.Migration) {
	s.t.Helper()
	at := s.sim.World.Journal.Len()
	for name, test := range map[string]struct {
		part        *rekeyv1.Part
		back, fresh int32
	}{
		"one canary":        {partOfCanary(ireland, "first-plain"), 1, 0},
		"the first wave":    {partOfWave(0), 3, 1},
		"a wave that waits": {partOfWave(1), 0, 0},
		"the whole":         {nil, 3, 1},
	} {
		f := s.forecastReturn(m, test.part)
		if f.GetReturnable() != test.back || f.GetFreshBaselines() != test.fresh || f.GetNotReturnable() != 0 {
			s.t.Errorf("%s: forecast %v", name, f)
		}
		for _, o := range f.GetObstacles() {
			if o.GetCanary().GetCanaryName() != "first-old" || o.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_BASELINE_NOT_RESTORABLE {
				s.t.Errorf("%s: obstacle %v", name, o)
			}
		}
		if len(f.GetObstacles()) != int(test.fresh) {
			s.t.Errorf("%s: %d obstacles", name, len(f.GetObstacles()))
		}
	}
	_, err := s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{
		MigrationId: m.GetId(), Part: partOfCanary(ireland, "not-there"), ValidateOnly: true,
	})
	refusedWith(s.t, "a canary that there is not", err, codes.NotFound, "PART_NOT_FOUND")
	for _, e := range s.sim.World.Journal.Since(at) {
		if e.Kind == "mutation" && e.Action != "sts:AssumeRole" {
			s.t.Errorf("a forecast changed something: %v", e)
		}
	}
}

// rollsBackAgain rolls the whole back while the old key of one canary is disabled, and again when it is enabled.
func (s *stack) rollsBackAgain(m *rekeyv1.Migration) {
	s.t.Helper()
	if err := s.sim.World.KMS.SetKeyState(s.key("pay/eu-west-1/k"), "Disabled"); err != nil {
		s.t.Fatal(err)
	}
	m = s.rollBack(m)
	c := s.canaries(m)["second-payer"]
	if c.GetState() != migrated || c.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_NOT_RETURNABLE {
		s.t.Errorf("without its old key the payer is %s: %v", c.GetState(), c.GetProblem())
	}
	if f := s.forecastReturn(m, nil); f.GetNotReturnable() != 1 || f.GetReturnable() != 0 || len(f.GetObstacles()) != 1 {
		s.t.Errorf("the forecast says %v", f)
	}
	if err := s.sim.World.KMS.SetKeyState(s.key("pay/eu-west-1/k"), "Enabled"); err != nil {
		s.t.Fatal(err)
	}
	s.returnPart(m, nil)
	s.awaitStates(m, map[string]rekeyv1.CanaryState{"second-payer": returned})
	if m = s.await(m.GetId(), rested); m.GetState() != rolledBackState {
		s.t.Errorf("rolled back again it is %s: %s", m.GetState(), m.GetStateReason())
	}
}

// TestRollBackInFlight puts canaries back that are on their way: one by cancelling it, one that waits for the others of its
// cell to give up its old access, and the rest by rolling the whole back while it is paused.
func TestRollBackInFlight(t *testing.T) {
	roles := ""
	for _, name := range []string{"a", "b", "c"} {
		roles += canaryRole("shop", name, "")
	}
	s := start(t, parse(t, roles, fmt.Sprintf(`
  - {account: shop, region: eu-west-1, name: long-1, role: a, schedule: "%[1]s", encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: long-2, role: b, schedule: "%[1]s", encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: quick, role: c, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: waits, role: c, encryption: {mode: SSE_KMS, key: k}}
`, dueInTenHours()), "synthetics: {cron_runs_after_edit: false}\n"))
	names := []string{"long-1", "long-2", "quick", "waits"}
	before := map[string]*types.Canary{}
	for _, name := range names {
		before[name] = s.shown(name)
	}
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Rollout = &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{{Take: &rekeyv1.WaveSpec_Count{Count: 3}}}}
	spec.Waits.RunDeadline = durationpb.New(20 * time.Hour)
	m := s.begun(spec, func(m *rekeyv1.Migration) bool {
		return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_RUN) && inStep(m, rekeyv1.CanaryStep_CANARY_STEP_REVOKE)
	})
	s.halt("long-1") // no run is due that would show its old settings: they are read back
	s.halt("long-2")
	s.cancelPart(m, partOfCanary(ireland, "long-1"), rekeyv1.InFlight_IN_FLIGHT_ROLL_BACK)
	s.returnPart(m, partOfCanary(ireland, "quick"))
	s.awaitStates(m, map[string]rekeyv1.CanaryState{
		"long-1": returned, "long-2": migratingCanary, "quick": returned, "waits": pendingCanary,
	})
	if _, err := s.api.PauseMigration(s.ctx, &rekeyv1.PauseMigrationRequest{MigrationId: m.GetId()}); err != nil {
		t.Fatal(err)
	}
	s.returnPart(m, nil)
	if m = s.await(m.GetId(), rested); m.GetState() != rolledBackState {
		t.Errorf("rolled back while it was paused, it is %s: %s", m.GetState(), m.GetStateReason())
	}
	want := map[string]rekeyv1.CanaryState{"long-1": returned, "long-2": returned, "quick": returned, "waits": cancelledCanary}
	if diff := cmp.Diff(want, states(s.canaries(m))); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	for _, name := range names {
		if diff := cmp.Diff(before[name], s.shown(name), unexported); diff != "" {
			t.Errorf("%s is not as it was (-before +after):\n%s", name, diff)
		}
	}
	for _, role := range []string{"shop/a", "shop/b", "shop/c"} {
		if old, now := s.grants("shop/eu-west-1/k", role), s.grants("shop/eu-west-1/l", role); old != 1 || now != 0 {
			t.Errorf("%s has %d grants on the old key and %d on the new, want 1 and 0", role, old, now)
		}
	}
	s.undisturbed()
}
