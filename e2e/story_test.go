package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	rekeyv1 "rekey/gen/rekey/v1"
)

// outcome is how a canary is to end.
type outcome struct {
	State    rekeyv1.CanaryState
	Reason   rekeyv1.ErrorReason
	Baseline rekeyv1.BaselineState
	Old      rekeyv1.OldAccessState
}

const (
	migrated = rekeyv1.CanaryState_CANARY_STATE_MIGRATED
	skipped  = rekeyv1.CanaryState_CANARY_STATE_SKIPPED

	none    = rekeyv1.OldAccessState_OLD_ACCESS_STATE_NONE
	revoked = rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED
	held    = rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD

	confirmed = rekeyv1.BaselineState_BASELINE_STATE_CONFIRMED
)

func outcomes(canaries map[string]*rekeyv1.Canary) map[string]outcome {
	all := map[string]outcome{}
	for name, c := range canaries {
		all[name] = outcome{c.GetState(), c.GetProblem().GetReason(), c.GetBaseline().GetState(), c.GetOldAccess().GetState()}
	}
	return all
}

// TestFiveSteps moves one canary of each kind through the five steps, in two accounts and two Regions, to keys of
// the same account and of another.
func TestFiveSteps(t *testing.T) {
	s := start(t, parse(t,
		canaryRole("shop", "plain", "")+canaryRole("shop", "shared", "")+canaryRole("shop", "visual", "")+
			canaryRole("shop", "browsers", "")+canaryRole("pay", "payer", "")+canaryRole("pay", "kept", "")+canaryRole("pay", "other", ""), `
  - {account: shop, region: eu-west-1, name: from-default, role: plain, schedule: rate(5 minutes)}
  - {account: shop, region: eu-west-1, name: from-sse-s3, role: plain, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: shared-1, role: shared, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: shared-2, role: shared, encryption: {mode: SSE_KMS, key: k}, site_down: true}
  - {account: shop, region: us-east-1, name: shared-3, role: shared, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: visual-old, role: visual, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["10,10,200,50"]}, {name: cart}]}
  - {account: shop, region: eu-west-1, name: visual-two, role: browsers, runtime: syn-nodejs-puppeteer-11.0, browsers: [CHROME, FIREFOX], encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["1,1,20,20"]}]}
  - {account: shop, region: eu-west-1, name: stopped, role: plain, state: STOPPED, encryption: {mode: SSE_S3}}
  - {account: pay, region: eu-west-1, name: on-target, role: payer, encryption: {mode: SSE_KMS, key: central/eu-west-1/l}}
  - {account: pay, region: us-east-1, name: done, role: other, location: pay-ireland/done, encryption: {mode: SSE_KMS, key: central/eu-west-1/l}}
  - {account: pay, region: eu-west-1, name: payment, role: payer, encryption: {mode: SSE_KMS, key: k}}
  - {account: pay, region: eu-west-1, name: by-policy, role: kept, encryption: {mode: SSE_KMS, key: k}, access: role_policy}
`, "buckets: [{name: pay-ireland, account: pay, region: eu-west-1}]\n"))
	m := s.migrate(s.spec([]string{shop, pay}, []string{ireland, virginia}, "central/eu-west-1/l", "central/us-east-1/l"))
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	canaries := s.canaries(m)
	want := map[string]outcome{
		"from-default": {State: migrated, Old: none},
		"from-sse-s3":  {State: migrated, Old: none},
		"shared-1":     {State: migrated, Old: revoked},
		"shared-2":     {State: migrated, Old: revoked},
		"shared-3":     {State: migrated, Old: revoked},
		"visual-old":   {State: migrated, Old: revoked, Baseline: confirmed},
		"visual-two":   {State: migrated, Old: revoked, Baseline: confirmed},
		"stopped":      {State: migrated, Old: none},
		"on-target":    {State: migrated, Old: revoked},
		"done":         {State: skipped, Reason: rekeyv1.ErrorReason_ERROR_REASON_ALREADY_ON_TARGET},
		"payment":      {State: migrated, Old: revoked},
		"by-policy":    {State: migrated, Old: none},
	}
	if diff := cmp.Diff(want, outcomes(canaries)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
		for name, c := range canaries {
			t.Logf("%s: %v %v", name, c.GetProblem(), c.GetOldAccess())
		}
	}
	for name, c := range canaries {
		onlyRevoked := c.GetAction() == rekeyv1.CanaryAction_CANARY_ACTION_REVOKE_ONLY
		if onlyRevoked != (name == "on-target") {
			t.Errorf("%s: planned as %s", name, c.GetAction())
		}
		if c.GetState() == migrated && !onlyRevoked && c.GetProof().GetEncryption().GetKmsKeyArn() != c.GetTo().GetKmsKeyArn() {
			t.Errorf("%s: proven under %v, not under %v", name, c.GetProof().GetEncryption(), c.GetTo())
		}
	}
	for _, role := range []string{"shop/shared", "shop/visual", "shop/browsers"} {
		if n := s.grants("shop/eu-west-1/k", role); n != 0 {
			t.Errorf("%s has %d grants on the old key", role, n)
		}
		if n := s.grants("central/eu-west-1/l", role); n != 1 {
			t.Errorf("%s has %d grants on the new key, want 1 for all its canaries", role, n)
		}
	}
	s.undisturbed()
	s.onlyPlanned(canaries)
	s.discreet()
	s.record("five-steps")
}

// onlyPlanned fails the test when the journal has a grant or a removal that the plan did not list.
func (s *stack) onlyPlanned(canaries map[string]*rekeyv1.Canary) {
	s.t.Helper()
	granted, revokes := map[string]bool{}, map[string]bool{}
	for _, c := range canaries {
		for _, g := range c.GetGrants() {
			granted[g.GetGrantName()] = true
		}
		for _, g := range c.GetRevokes() {
			revokes[g.GetGrantId()] = true
		}
	}
	for _, e := range s.sim.World.Journal.Since(0) {
		if e.Kind != "mutation" {
			continue
		}
		switch {
		case e.Action == "kms:CreateGrant" && !granted[e.Detail["grantName"]]:
			s.t.Errorf("a grant that the plan did not list: %v", e)
		case e.Action == "kms:RevokeGrant" && !revokes[e.Detail["grantId"]]:
			s.t.Errorf("a removal that the plan did not list: %v", e)
		case strings.HasPrefix(e.Action, "synthetics:") && e.Action != "synthetics:UpdateCanary" && e.Action != "synthetics:StartCanaryDryRun":
			s.t.Errorf("a canary was not only updated: %v", e)
		}
	}
}
