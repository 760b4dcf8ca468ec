package e2e

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// sharedRole is a role of two canaries in two Regions, whose artifacts go to buckets of one Region and so under one key.
const sharedRole = `
  - {account: shop, region: eu-west-1, name: here, role: one, encryption: {mode: SSE_KMS, key: k}%s}
  - {account: shop, region: us-east-1, name: there, role: one, location: shop-ireland/there, encryption: {mode: SSE_KMS, key: shop/eu-west-1/k}}
`

const irelandBucket = "buckets: [{name: shop-ireland, account: shop, region: eu-west-1}]\n"

// only selects canaries by name.
func (s *stack) only(regions []string, name string) *rekeyv1.MigrationSpec {
	spec := s.spec([]string{shop}, regions, "shop/eu-west-1/l")
	spec.Selection.NamePatterns = []string{name}
	spec.Waits.RevokeWatch = durationpb.New(0)
	return spec
}

// TestRollBackRestoresWhatAnotherMigrationRemoved migrates the canaries of a role one after the other: the first's old
// access is held for the second, whose migration removes it. The first goes back, and has its access again.
func TestRollBackRestoresWhatAnotherMigrationRemoved(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), fmt.Sprintf(sharedRole, ""), irelandBucket))
	first := s.migrate(s.only([]string{ireland}, "here"))
	if c := s.canaries(first)["here"]; c.GetOldAccess().GetState() != held {
		t.Fatalf("the first's old access is %v", c.GetOldAccess())
	}
	second := s.migrate(s.only([]string{virginia}, "there"))
	if c := s.canaries(second)["there"]; c.GetOldAccess().GetState() != revoked {
		t.Fatalf("the second's old access is %v", c.GetOldAccess())
	}
	c := s.canaries(s.rollBack(first))["here"]
	if c.GetState() != returned {
		t.Errorf("the first is %s: %v", c.GetState(), c.GetProblem())
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 1 {
		t.Errorf("%d grants on the old key, which the first uses again", n)
	}
	s.sim.WaitUntil(s.sim.World.Clock.Now().Add(12 * time.Minute))
	s.undisturbed()
}

// TestRollBackRestoresWhatItLeft migrates two canaries that use their old key by a policy of others. The first's migration leaves
// that, and the second's removes it: the first goes back, and has it again.
func TestRollBackRestoresWhatItLeft(t *testing.T) {
	for _, method := range []string{"role_policy", "key_policy"} {
		t.Run(method, func(t *testing.T) {
			s := start(t, parse(t, canaryRole("shop", "one", ""), fmt.Sprintf(`
  - {account: shop, region: eu-west-1, name: here, role: one, access: %[1]s, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: there, role: one, access: %[1]s, encryption: {mode: SSE_KMS, key: k}}
`, method), ""))
			first := s.migrate(s.only([]string{ireland}, "here"))
			if c := s.canaries(first)["here"]; len(c.GetLeft()) == 0 || c.GetOldAccess().GetState() != none {
				t.Fatalf("the first's old access is %v, left %v", c.GetOldAccess(), c.GetLeft())
			}
			removes := s.only([]string{ireland}, "there")
			removes.Policies = &rekeyv1.Policies{RemoveForeignPolicies: true}
			if c := s.canaries(s.migrate(removes))["there"]; c.GetOldAccess().GetState() != revoked {
				t.Fatalf("the second's old access is %v", c.GetOldAccess())
			}
			if c := s.canaries(s.rollBack(first))["here"]; c.GetState() != returned {
				t.Errorf("the first is %s: %v", c.GetState(), c.GetProblem())
			}
			s.sim.WaitUntil(s.sim.World.Clock.Now().Add(12 * time.Minute))
			s.undisturbed()
		})
	}
}

// TestHoldReachesOtherCells holds the old access of a canary that a stack manages, in the other cell of its role too.
func TestHoldReachesOtherCells(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""),
		fmt.Sprintf(sharedRole, `, tags: {"aws:cloudformation:stack-name": monitoring}`), irelandBucket))
	m := s.migrate(s.only([]string{ireland, virginia}, "*"))
	canaries := s.canaries(m)
	for name, reason := range map[string]rekeyv1.ErrorReason{
		"here": rekeyv1.ErrorReason_ERROR_REASON_MANAGED_BY_IAC, "there": rekeyv1.ErrorReason_ERROR_REASON_OLD_ACCESS_IN_USE,
	} {
		old := canaries[name].GetOldAccess()
		if old.GetState() != held || old.GetHeldBecause().GetReason() != reason {
			t.Errorf("the old access of %s is %v, want it held for %s", name, old, reason)
		}
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 1 {
		t.Errorf("%d grants on the old key, which the stack's next apply would use", n)
	}
	if _, err := s.api.ConfirmSourceChange(s.ctx, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: m.GetId()}); err != nil {
		t.Fatal(err)
	}
	s.eventually("the confirmed access to be revoked", func() bool { return s.grants("shop/eu-west-1/k", "shop/one") == 0 })
	s.undisturbed()
}
