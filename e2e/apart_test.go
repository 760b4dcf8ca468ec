package e2e

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fault"
	rekeyv1 "rekey/gen/rekey/v1"
)

// apartWorld are two canaries of a cell, each with a role of its own, and a migration that has one in each of two waves.
func apartWorld(t *testing.T) (*stack, *rekeyv1.MigrationSpec) {
	t.Helper()
	roles, canaries := "", ""
	for _, name := range []string{"first", "second"} {
		roles += canaryRole("shop", name, "")
		canaries += fmt.Sprintf("\n  - {account: shop, region: eu-west-1, name: %s, role: %s, schedule: rate(1 minute), encryption: {mode: SSE_KMS, key: k}}", name, name)
	}
	s := start(t, parse(t, roles, canaries+"\n"))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Waits.RevokeWatch = durationpb.New(0)
	return s, spec
}

// old is what became of a canary's old access.
func (s *stack) old(m *rekeyv1.Migration, name string) *rekeyv1.OldAccess {
	return s.canaries(m)[name].GetOldAccess()
}

// TestAPausedCanaryHoldsNoOther pauses a canary of a wave that has ended: the next wave comes to its end all the same, with its old
// access removed.
func TestAPausedCanaryHoldsNoOther(t *testing.T) {
	s, spec := apartWorld(t)
	m := s.begun(paced(spec, "first"), isPaused)
	s.pause(m.GetId(), partOfCanary(ireland, "first"))
	s.goOn(m)
	s.allMigrated(s.await(m.GetId(), rested))
	if got := s.old(m, "second"); got.GetState() != rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED {
		t.Errorf("the old access of the other canary: %v", got)
	}
}

// TestRollBackWhileARemovalIsPaused pauses everything while KMS takes no removal. A canary that is rolled back goes back all the same,
// and the other's old access is removed when the pause is over.
func TestRollBackWhileARemovalIsPaused(t *testing.T) {
	s, spec := apartWorld(t)
	s.sim.World.Faults.Set([]fault.Rule{{Service: "kms", Operation: "RevokeGrant", Throttle: 1}})
	m := s.begun(spec, func(m *rekeyv1.Migration) bool { return m.GetState() == runningState })
	s.eventually("the removal to be tried", func() bool { return s.sim.World.Faults.Injected()[fault.Throttled] > 0 })
	s.pause(m.GetId(), nil)
	s.stillPaused("everything was paused")
	s.sim.World.Faults.Set(nil)
	s.eventually("the removal to be held", func() bool {
		return s.old(m, "second").GetHeldBecause().GetReason() == rekeyv1.ErrorReason_ERROR_REASON_PAUSED
	})
	s.returnPart(m, partOfCanary(ireland, "first"))
	s.awaitStates(m, map[string]rekeyv1.CanaryState{"first": returned})
	for _, e := range s.changes(0) {
		if e.Action == "kms:RevokeGrant" {
			t.Errorf("paused, and access was removed: %v", e)
		}
	}
	s.resume(m.GetId(), nil)
	s.await(m.GetId(), rested)
	if got := s.old(m, "second"); got.GetState() != rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED {
		t.Errorf("the other's old access, when the pause is over: %v", got)
	}
}
