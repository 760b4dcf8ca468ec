package e2e

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// TestCancelPutsBackWhatIsInFlight cancels a migration while canaries are in its steps: each has again what AWS showed before,
// and its role no more than it had.
func TestCancelPutsBackWhatIsInFlight(t *testing.T) {
	s := start(t, parse(t,
		canaryRole("shop", "a", "")+canaryRole("shop", "b", "")+canaryRole("shop", "c", "")+canaryRole("shop", "d", ""), `
  - {account: shop, region: eu-west-1, name: a-proves, role: a, run_duration: 13m, timeout: 840, schedule: rate(15 minutes), encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: b-runs, role: b, schedule: "`+dueInTenHours()+`", encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: c-rebases, role: c, site_down: true, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["0,0,200,40"]}]}
  - {account: shop, region: eu-west-1, name: d-waits, role: d, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: e-waits, role: d, encryption: {mode: SSE_KMS, key: k}}
`, "synthetics: {cron_runs_after_edit: false}\n"))
	names := []string{"a-proves", "b-runs", "c-rebases", "d-waits", "e-waits"}
	before := map[string]*types.Canary{}
	for _, name := range names {
		before[name] = s.shown(name)
	}
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 3, Edits: rekeyv1.EditTiming_EDIT_TIMING_AT_ONCE} // by name
	spec.Waits.RunDeadline = durationpb.New(20 * time.Hour)
	m := s.begun(spec, func(m *rekeyv1.Migration) bool { return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_PROVE) })
	_, err := s.api.PauseMigration(s.ctx, &rekeyv1.PauseMigrationRequest{MigrationId: m.GetId(), Part: partOfCanary(ireland, "a-proves")})
	if err != nil {
		t.Fatal(err)
	}
	s.await(m.GetId(), func(m *rekeyv1.Migration) bool {
		return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_RUN) && inStep(m, rekeyv1.CanaryStep_CANARY_STEP_BASELINE)
	})
	s.halt("b-runs") // no run is due that would show its old settings: they are read back
	s.cancelPart(m, nil, rekeyv1.InFlight_IN_FLIGHT_ROLL_BACK)
	if m = s.await(m.GetId(), rested); m.GetState() != cancelled {
		t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	canaries := s.canaries(m)
	want := map[string]rekeyv1.CanaryState{
		"a-proves": returned, "b-runs": returned, "c-rebases": returned, "d-waits": cancelledCanary, "e-waits": cancelledCanary,
	}
	if diff := cmp.Diff(want, states(canaries)); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
		for name, c := range canaries {
			t.Logf("%s: %s %v", name, c.GetStep(), c.GetProblem())
		}
	}
	for _, name := range names {
		if diff := cmp.Diff(before[name], s.shown(name), unexported); diff != "" {
			t.Errorf("%s is not as it was (-before +after):\n%s", name, diff)
		}
	}
	for _, role := range []string{"shop/a", "shop/b", "shop/c", "shop/d"} {
		if old, now := s.grants("shop/eu-west-1/k", role), s.grants("shop/eu-west-1/l", role); old != 1 || now != 0 {
			t.Errorf("%s has %d grants on the old key and %d on the new, want 1 and 0", role, old, now)
		}
	}
	s.undisturbed()
	s.record("cancel")
}

// TestCancelPart cancels a wave, a cell and a canary of a migration that is paused between waves. The rest goes on; a retry
// takes up again what was cancelled, and what is left when the whole is cancelled between waves rests too.
func TestCancelPart(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: first, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: first-there, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: second-1, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: second-2, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: third, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: third-unwanted, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: third-there, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	spec := paced(s.spec([]string{shop}, []string{ireland, virginia}, "shop/eu-west-1/l", "shop/us-east-1/l"), "first*", "second*")
	spec.Waits.RevokeWatch = durationpb.New(0)
	m := s.begun(spec, isPaused)
	for _, part := range []*rekeyv1.Part{partOfWave(1), partOfCell(virginia), partOfCanary(ireland, "third-unwanted")} {
		s.cancelPart(m, part, rekeyv1.InFlight_IN_FLIGHT_FINISH)
	}
	s.goOn(m)
	m = s.await(m.GetId(), rested)
	want := map[string]rekeyv1.CanaryState{
		"first": migrated, "first-there": migrated, "third": migrated, "second-1": cancelledCanary, "second-2": cancelledCanary,
		"third-unwanted": cancelledCanary, "third-there": cancelledCanary,
	}
	if diff := cmp.Diff(want, states(s.canaries(m))); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if m.GetState() != failed {
		t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	m = s.retried(m, partOfWave(1))
	if n := m.GetPlan().GetToMigrate(); n != 2 || m.GetState() != awaitsApproval {
		t.Fatalf("the retry of a wave is %s and would migrate %d: %s", m.GetState(), n, m.GetStateReason())
	}
	s.approve(m)
	s.await(m.GetId(), rested)
	m = s.retried(m, partOfCell(virginia))
	if n := m.GetPlan().GetToMigrate(); n != 2 || m.GetPlan().GetNumber() != 3 { // with the one whose old access is held
		t.Errorf("the retry of a cell, plan %d, would migrate %d", m.GetPlan().GetNumber(), n)
	}
	s.cancelPart(m, nil, rekeyv1.InFlight_IN_FLIGHT_FINISH)
	m = s.retried(m, nil)
	s.approve(m)
	if m = s.await(m.GetId(), rested); m.GetState() != succeeded {
		t.Errorf("after the last retry it is %s: %s", m.GetState(), m.GetStateReason())
	}
	s.undisturbed()
}

// TestCancelBetweenWaves cancels the whole while its cells wait for the next wave: they give up what they have claimed.
func TestCancelBetweenWaves(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: first, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: second, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	spec := paced(s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l"), "first")
	spec.Waits.RevokeWatch = durationpb.New(0)
	m := s.begun(spec, isPaused)
	s.cancelPart(m, nil, rekeyv1.InFlight_IN_FLIGHT_FINISH)
	if m = s.await(m.GetId(), rested); m.GetState() != cancelled {
		t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	if diff := cmp.Diff(map[string]rekeyv1.CanaryState{"first": migrated, "second": cancelledCanary}, states(s.canaries(m))); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	other := s.migrate(s.only([]string{ireland}, "second"))
	if c := s.canaries(other)["second"]; c.GetState() != migrated || c.GetOldAccess().GetState() != revoked {
		t.Errorf("by another migration the cancelled one is %s, its old access %v: %v", c.GetState(), c.GetOldAccess(), c.GetProblem())
	}
	s.undisturbed()
}
