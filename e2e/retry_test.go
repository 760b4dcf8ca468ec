package e2e

import (
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// retryFleet has a canary for each way not to get to the end.
func retryFleet(t *testing.T) *fleet.Fleet {
	t.Helper()
	roles := ""
	for _, name := range []string{"one", "unseen", "rare", "down", "partly"} {
		roles += canaryRole("shop", name, "")
	}
	f := parse(t, roles, `
  - {account: shop, region: eu-west-1, name: changed, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: dry-denied, role: unseen, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: run-denied, role: unseen, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: slow, role: rare, runtime: syn-nodejs-puppeteer-9.1, run_duration: 13m, timeout: 840, schedule: rate(15 minutes), encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: site-down, role: down, schedule: rate(1 minute), runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: unwanted, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: went-back, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: shares, role: partly, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: stays-behind, role: partly, location: shop-ireland/x, encryption: {mode: SSE_KMS, key: shop/eu-west-1/k}}
`, irelandBucket, unseenDeny)
	f.TimeScale = 30 // so that a busy machine does not see the run of slow after all
	return f
}

// TestRetry takes up again what did not get to the end, for each reason that there is, after it was mended: under a new plan
// that is approved by its own digest, and from where it had stopped.
func TestRetry(t *testing.T) {
	s := start(t, retryFleet(t))
	s.siteIsDown(true)
	spec := paced(s.spec([]string{shop}, []string{ireland}, "central/eu-west-1/l"), "unwanted")
	spec.Rollout.Waves[0].PauseAfter = false
	spec.Selection.Canaries = &rekeyv1.CanaryFilter{KmsKeyArns: []string{s.key("shop/eu-west-1/k")}} // which the migrated no longer have
	spec.Waits.RunDeadline, spec.Waits.RevokeWatch = durationpb.New(8*time.Minute), durationpb.New(0)
	m := s.create(spec)
	s.encrypt(ireland, "changed")
	s.approve(m)
	s.cancelPart(m, partOfCanary(ireland, "unwanted"), rekeyv1.InFlight_IN_FLIGHT_ROLL_BACK)
	m = s.await(m.GetId(), rested)
	s.returnPart(m, partOfCanary(ireland, "went-back"))
	m = s.await(m.GetId(), rested)
	s.didNotGetToTheEnd(m)
	first, updates := m.GetPlan().GetDigest(), s.updates()

	s.refusesTheOldDigest(m, first)
	s.mend()
	m = s.retried(m, nil)
	if n := m.GetPlan().GetToMigrate(); n != 8 || m.GetState() != awaitsApproval || m.GetPlan().GetDigest() == first {
		t.Fatalf("the retry of all is %s and would migrate %d: %s", m.GetState(), n, m.GetStateReason())
	}
	s.approve(m)
	if m = s.await(m.GetId(), rested); m.GetState() != succeeded {
		t.Errorf("the retry ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	want := map[string]outcome{"site-down": {State: migrated, Old: revoked, Baseline: confirmed}, "changed": {State: migrated, Old: none}}
	for _, name := range []string{"dry-denied", "run-denied", "slow", "unwanted", "went-back", "shares"} {
		want[name] = outcome{State: migrated, Old: revoked}
	}
	canaries := s.canaries(m)
	if diff := cmp.Diff(want, outcomes(canaries)); diff != "" {
		t.Errorf("after the retry (-want +got):\n%s", diff)
		for name, c := range canaries {
			t.Logf("%s: %v %v", name, c.GetProblem(), c.GetOldAccess())
		}
	}
	for name, more := range map[string]int{"slow": 0, "shares": 0, "site-down": 1} { // the one for the baseline
		if n := s.updates()[name] - updates[name]; n != more {
			t.Errorf("%s was updated %d times more, want %d", name, n, more)
		}
	}
	_, err := s.api.RetryMigration(s.ctx, &rekeyv1.RetryMigrationRequest{MigrationId: m.GetId()})
	refusedWith(t, "a retry of nothing", err, codes.FailedPrecondition, "NOTHING_TO_RETRY")
	if v := s.sim.Verdict(); v.Lost != 0 {
		t.Errorf("runs lost: %d", v.Lost)
	}
	for _, f := range s.stranded() {
		if !strings.HasSuffix(f.Canary, ":run-denied") { // which a run had to show, and which was put back for that
			t.Errorf("stranded: %+v", f)
		}
	}
	s.record("retry")
}

// didNotGetToTheEnd checks how the canaries of retryFleet rest at first.
func (s *stack) didNotGetToTheEnd(m *rekeyv1.Migration) {
	s.t.Helper()
	want := map[string]outcome{
		"changed":    {State: blocked, Reason: rekeyv1.ErrorReason_ERROR_REASON_CANARY_CHANGED},
		"dry-denied": {State: blocked, Reason: rekeyv1.ErrorReason_ERROR_REASON_DRY_RUN_DENIED},
		"run-denied": {State: returned, Reason: rekeyv1.ErrorReason_ERROR_REASON_ACCESS_PROBLEM},
		"slow":       {State: unverified, Reason: rekeyv1.ErrorReason_ERROR_REASON_NOT_PROVEN_IN_TIME, Old: held},
		"site-down": {
			State: unverified, Reason: rekeyv1.ErrorReason_ERROR_REASON_BASELINE_NOT_CONFIRMED,
			Baseline: rekeyv1.BaselineState_BASELINE_STATE_OLD, Old: held,
		},
		"unwanted":  {State: cancelledCanary, Reason: rekeyv1.ErrorReason_ERROR_REASON_CANCELLED},
		"went-back": {State: returned, Reason: rekeyv1.ErrorReason_ERROR_REASON_ROLLED_BACK, Old: held},
		"shares":    {State: migrated, Old: held},
	}
	if diff := cmp.Diff(want, outcomes(s.canaries(m))); diff != "" {
		s.t.Fatalf("at first (-want +got):\n%s", diff)
	}
}

// refusesTheOldDigest retries some canaries by name: their plan can't be approved by the first one's digest, and when the
// retry is cancelled they rest as before, and can be put back as before.
func (s *stack) refusesTheOldDigest(m *rekeyv1.Migration, first string) {
	s.t.Helper()
	before, forecast := s.canaries(m), s.forecastReturn(m, nil)
	again := s.retried(m, nil, "changed", "slow", "shares", "not-there")
	if p := again.GetPlan(); p.GetNumber() != 2 || p.GetToMigrate() != 3 || p.GetDigest() == first || len(again.GetApprovals()) != 0 {
		s.t.Errorf("the retry by name is %s with the plan %v and the approvals %v", again.GetState(), p, again.GetApprovals())
	}
	_, err := s.api.ApproveMigration(s.ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: m.GetId(), PlanDigest: first})
	refusedWith(s.t, "the digest of the first plan", err, codes.FailedPrecondition, "PLAN_DIGEST_MISMATCH")
	s.cancelPart(m, nil, rekeyv1.InFlight_IN_FLIGHT_FINISH)
	s.awaitStates(m, states(before))
	if diff := cmp.Diff(outcomes(before), outcomes(s.canaries(m))); diff != "" {
		s.t.Errorf("after the cancelled retry (-before +after):\n%s", diff)
	}
	// Once more, while it is planned or just after: whichever it is, it ends the same.
	if _, err := s.api.RetryMigration(s.ctx, &rekeyv1.RetryMigrationRequest{MigrationId: m.GetId()}); err != nil {
		s.t.Fatal(err)
	}
	s.cancelPart(m, nil, rekeyv1.InFlight_IN_FLIGHT_FINISH)
	s.retried(m, nil, "not-there") // which is planned after what was cancelled
	if diff := cmp.Diff(outcomes(before), outcomes(s.canaries(m))); diff != "" {
		s.t.Errorf("after a retry that was cancelled at once (-before +after):\n%s", diff)
	}
	if after := s.forecastReturn(m, nil); after.GetReturnable() != forecast.GetReturnable() {
		s.t.Errorf("a roll back would put back %v, before the cancelled retry %v", after, forecast)
	}
}

// mend takes away what was in the canaries' way.
func (s *stack) mend() {
	s.t.Helper()
	if err := s.sim.World.Organizations.SetPolicies(shop); err != nil {
		s.t.Fatal(err)
	}
	s.siteIsDown(false)
	s.encrypt(virginia, "stays-behind")
}

// siteIsDown makes the site of the canary site-down fail, or work again.
func (s *stack) siteIsDown(down bool) {
	s.t.Helper()
	if err := s.sim.Synthetics.SetSiteDown("arn:aws:synthetics:"+ireland+":"+shop+":canary:site-down", down); err != nil {
		s.t.Fatal(err)
	}
}

// encrypt has the owner give a canary keys of S3's own.
func (s *stack) encrypt(region, name string) {
	s.t.Helper()
	_, err := s.owner(region).UpdateCanary(s.ctx, &synthetics.UpdateCanaryInput{
		Name:           awssdk.String(name),
		ArtifactConfig: &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3}},
	})
	if err != nil {
		s.t.Fatalf("the owner's edit: %v", err)
	}
}

// updates are how many times rekey has updated each canary.
func (s *stack) updates() map[string]int {
	counts := map[string]int{}
	for _, e := range s.sim.World.Journal.Since(0) {
		if e.Action == "synthetics:UpdateCanary" && e.Kind == "mutation" && !strings.Contains(e.Principal, "user/owner") {
			counts[e.Resource[strings.LastIndex(e.Resource, ":")+1:]]++
		}
	}
	return counts
}
