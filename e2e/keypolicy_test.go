package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// TestKeyPolicyHasOneOwner lets the cells of two accounts put their roles into one key's policy at the same time, and
// take them out again when the migration is rolled back: rekey's statement has them all, and no other statement changes. The
// server wants every run handed on after some events, so that the key's owner and the registries hand on what they hold.
func TestKeyPolicyHasOneOwner(t *testing.T) {
	const member = `  - {account: central, name: rekey-member, template: member, trusted_by: ["arn:aws:iam::100000000000:user/rekey"], external_id: e2e-external-id}` + "\n"
	s := start(t, parse(t, member+canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+canaryRole("pay", "payer", ""), `
  - {account: shop, region: eu-west-1, name: first, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: second, role: two, location: shop-ireland/second, encryption: {mode: SSE_S3}}
  - {account: pay, region: eu-west-1, name: third, role: payer, encryption: {mode: SSE_KMS, key: k}}
`, irelandBucket), "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=70")
	before := s.statements("central/eu-west-1/l")
	spec := s.spec([]string{shop, pay}, []string{ireland, virginia}, "central/eu-west-1/l")
	spec.Policies = &rekeyv1.Policies{Access: rekeyv1.AccessPolicy_ACCESS_POLICY_KEY_POLICY}
	spec.Waits.RevokeWatch = durationpb.New(0)
	m := s.migrate(spec)
	if m.GetState() != succeeded {
		t.Fatalf("ended as %s: %v", m.GetState(), outcomes(s.canaries(m)))
	}
	after := s.statements("central/eu-west-1/l")
	own := after[workflows.KeyPolicySid]
	for _, role := range []string{"shop/one", "shop/two", "pay/payer"} {
		if !strings.Contains(own, s.names.Role(role, "")) {
			t.Errorf("rekey's statement does not name %s: %s", role, own)
		}
	}
	delete(after, workflows.KeyPolicySid)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("others' statements (-before +after):\n%s", diff)
	}
	s.rollBack(m)
	if diff := cmp.Diff(before, s.statements("central/eu-west-1/l")); diff != "" {
		t.Errorf("after the roll back (-before +after):\n%s", diff)
	}
	if n := s.runs(workflows.KeyID(s.key("central/eu-west-1/l"))); n < 2 {
		t.Errorf("the key's owner had %d runs: the test did not make it hand on", n)
	}
	s.undisturbed()
	s.record("key-policy")
}

// statements are those of a key's policy, by Sid.
func (s *stack) statements(key string) map[string]string {
	s.t.Helper()
	k, ok := s.sim.World.KMS.Key(s.key(key))
	if !ok {
		s.t.Fatalf("no key %s", key)
	}
	return statementsOf(s.t, k.Policy)
}
