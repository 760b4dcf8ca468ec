package e2e

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// denyNewKey is an explicit deny that a plan sees; unseenDeny is a guardrail of the organization, which it does not.
const denyNewKey = `, inline: {guardrail: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: ["kms:*"], Resource: ["arn:aws:kms:*:900000000000:key/*"]}]}}`

var unseenDeny = guardrail(`{Effect: Deny, Action: ["kms:GenerateDataKey", "kms:Decrypt"], Resource: ["arn:aws:kms:*:900000000000:key/*"], Condition: {ArnLike: {"aws:PrincipalArn": ["arn:aws:iam::*:role/unseen"]}}}`)

// TestWhatIsInTheWay shows, for each thing that can be in the way, how the canary rests, and that nothing was taken
// from it.
func TestWhatIsInTheWay(t *testing.T) {
	f := parse(t,
		canaryRole("shop", "denied", denyNewKey)+canaryRole("shop", "unseen", "")+canaryRole("shop", "rolled", "")+canaryRole("shop", "rare", "")+
			canaryRole("shop", "down", "")+canaryRole("shop", "old", "")+canaryRole("shop", "partly", ""), `
  - {account: shop, region: eu-west-1, name: denied, role: denied, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: dry-denied, role: unseen, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: run-denied, role: unseen, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: rolled-back, role: rolled, encryption: {mode: SSE_KMS, key: k}, rollback_next_update: "VPC endpoint not reachable"}
  - {account: shop, region: eu-west-1, name: slow, role: rare, runtime: syn-nodejs-puppeteer-9.1, run_duration: 13m, timeout: 840, schedule: rate(15 minutes), encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: site-down, role: down, schedule: rate(1 minute), site_down: true, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: deprecated, role: old, runtime: syn-nodejs-puppeteer-3.9, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: migrates, role: partly, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: stays-behind, role: partly, location: shop-ireland/x, encryption: {mode: SSE_KMS, key: shop/eu-west-1/k}}
`, "buckets: [{name: shop-ireland, account: shop, region: eu-west-1}]\n", unseenDeny)
	f.TimeScale = 30 // so that a busy machine does not see the run of slow after all
	s := start(t, f)
	spec := s.spec([]string{shop}, []string{ireland}, "central/eu-west-1/l")
	spec.Waits.RunDeadline = durationpb.New(8 * time.Minute)
	m := s.migrate(spec)
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_FAILED {
		t.Errorf("ended as %s, want FAILED", m.GetState())
	}
	canaries := s.canaries(m)
	want := map[string]outcome{
		"denied":      {State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, Reason: rekeyv1.ErrorReason_ERROR_REASON_NO_ACCESS_METHOD},
		"dry-denied":  {State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, Reason: rekeyv1.ErrorReason_ERROR_REASON_DRY_RUN_DENIED},
		"run-denied":  {State: rekeyv1.CanaryState_CANARY_STATE_RETURNED, Reason: rekeyv1.ErrorReason_ERROR_REASON_ACCESS_PROBLEM},
		"rolled-back": {State: rekeyv1.CanaryState_CANARY_STATE_FAILED, Reason: rekeyv1.ErrorReason_ERROR_REASON_ROLLED_BACK_BY_AWS},
		"slow":        {State: rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED, Reason: rekeyv1.ErrorReason_ERROR_REASON_NOT_PROVEN_IN_TIME, Old: held},
		"site-down": {
			State: rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED, Reason: rekeyv1.ErrorReason_ERROR_REASON_BASELINE_NOT_CONFIRMED,
			Baseline: rekeyv1.BaselineState_BASELINE_STATE_OLD, Old: held,
		},
		"deprecated": {State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, Reason: rekeyv1.ErrorReason_ERROR_REASON_RUNTIME_DEPRECATED},
		"migrates":   {State: migrated, Old: held},
	}
	if diff := cmp.Diff(want, outcomes(canaries)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
		for name, c := range canaries {
			t.Logf("%s: %v %v", name, c.GetProblem(), c.GetOldAccess())
		}
	}
	reason := canaries["migrates"].GetOldAccess().GetHeldBecause()
	if want := "arn:aws:synthetics:us-east-1:" + shop + ":canary:stays-behind"; reason.GetMetadata()["consumer"] != want {
		t.Errorf("held because of %v, want the consumer %s", reason, want)
	}
	for role, n := range map[string]struct{ old, new int }{
		"shop/denied": {1, 0}, "shop/unseen": {1, 0}, "shop/rolled": {1, 0}, "shop/rare": {1, 1}, "shop/down": {1, 1}, "shop/old": {1, 0}, "shop/partly": {1, 1},
	} {
		if old, now := s.grants("shop/eu-west-1/k", role), s.grants("central/eu-west-1/l", role); old != n.old || now != n.new {
			t.Errorf("%s has %d grants on the old key and %d on the new, want %d and %d", role, old, now, n.old, n.new)
		}
	}
	s.record("in-the-way")
	if v := s.sim.Verdict(); v.Lost != 0 {
		t.Errorf("runs lost: %d", v.Lost)
	}
}

// denySSES3 is a guardrail against artifacts that S3 encrypts with keys of its own.
var denySSES3 = guardrail(`{Effect: Deny, Action: ["s3:PutObject"], Resource: ["*"], Condition: {StringEquals: {"s3:x-amz-server-side-encryption": ["AES256"]}}}`)

// TestDeniedDryRunIsMended migrates a canary whose dry run a guardrail denies, takes the guardrail away, and migrates it
// again: what the first migration's dry run showed counts no more. No access is given, whose age would tell the two apart.
func TestDeniedDryRunIsMended(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: mended, role: one, encryption: {mode: SSE_KMS, key: k}}
`, denySSES3))
	spec := s.spec([]string{shop}, []string{ireland})
	spec.Target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3
	spec.Waits.RevokeWatch = durationpb.New(0)
	c := s.canaries(s.migrate(spec))["mended"]
	if c.GetState() != blocked || c.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_DRY_RUN_DENIED {
		t.Fatalf("under the guardrail it is %s: %v", c.GetState(), c.GetProblem())
	}
	if err := s.sim.World.Organizations.SetPolicies(shop); err != nil {
		t.Fatal(err)
	}
	c = s.canaries(s.migrate(spec))["mended"]
	if c.GetState() != migrated {
		t.Errorf("without the guardrail it is %s: %v", c.GetState(), c.GetProblem())
	}
	s.undisturbed()
}
