package e2e

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// TestTwoMigrationsOfOneRole runs two migrations of different canaries of one cell and one role at once: neither takes what
// the other needs, on the way or on the way back. A third, of a canary that is under way, is told so by its plan.
func TestTwoMigrationsOfOneRole(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: long, role: one, schedule: "`+dueInTenHours()+`", encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: quick, role: one, encryption: {mode: SSE_KMS, key: k}}
`, "synthetics: {cron_runs_after_edit: false}\n"))
	spec := s.only([]string{ireland}, "long")
	spec.Waits.RunDeadline = durationpb.New(20 * time.Hour)
	first := s.begun(spec, func(m *rekeyv1.Migration) bool { return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_RUN) })

	locked := s.create(s.only([]string{ireland}, "*"))
	p := s.canaries(locked)["long"].GetProblem()
	if locked.GetPlan().GetToMigrate() != 1 || p.GetReason() != rekeyv1.ErrorReason_ERROR_REASON_CANARY_LOCKED ||
		p.GetMetadata()["migration_id"] != first.GetId() {
		t.Errorf("a plan of both canaries would migrate %d; of the one under way it says %v", locked.GetPlan().GetToMigrate(), p)
	}

	second := s.migrate(s.only([]string{ireland}, "quick"))
	old := s.canaries(second)["quick"].GetOldAccess()
	if second.GetState() != succeeded || old.GetState() != held || old.GetHeldBecause().GetMetadata()["migration_id"] != first.GetId() {
		t.Errorf("the second is %s, its old access %v; want it held for the first", second.GetState(), old)
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 1 {
		t.Errorf("%d grants on the key that both had, want it kept for the first", n)
	}

	for _, m := range []*rekeyv1.Migration{first, second} { // so that the work of neither waits for all of the other's
		id := shopCell(m.GetId())
		described, err := s.temporal.DescribeWorkflowExecution(s.ctx, id, "")
		if key := described.GetWorkflowExecutionInfo().GetPriority().GetFairnessKey(); err != nil || key != workflows.FairnessKey(m.GetId()) {
			t.Errorf("the activities of %s stand in line as %q (%v)", id, key, err)
		}
		if key := described.GetWorkflowExecutionInfo().GetPriority().GetPriorityKey(); key <= 3 {
			t.Errorf("the cell has priority %d: its migration waits behind it, and behind thousands", key)
		}
	}

	s.schedule("long", "rate(5 minutes)") // now it runs, and is proven
	first = s.await(first.GetId(), rested)
	if c := s.canaries(first)["long"]; c.GetState() != migrated || c.GetOldAccess().GetState() != revoked {
		t.Errorf("the first's canary is %s, its old access %v: %v", c.GetState(), c.GetOldAccess(), c.GetProblem())
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 0 {
		t.Errorf("%d grants on the old key are left after the last of the two", n)
	}
	second = s.retried(second, nil)
	s.approve(second)
	second = s.await(second.GetId(), rested)
	if old := s.canaries(second)["quick"].GetOldAccess(); old.GetState() != revoked {
		t.Errorf("looked at again, the second's old access is %v", old)
	}

	first = s.rollBack(first)
	if c := s.canaries(first)["long"]; c.GetState() != returned {
		t.Errorf("rolled back, the first's canary is %s: %v", c.GetState(), c.GetProblem())
	}
	if old, now := s.grants("shop/eu-west-1/k", "shop/one"), s.grants("shop/eu-west-1/l", "shop/one"); old != 1 || now != 1 {
		t.Errorf("%d grants on the old key and %d on the new, want 1 each: one canary has gone back", old, now)
	}
	s.undisturbed()
}

// schedule has the owner give a canary another schedule, which no migration minds.
func (s *stack) schedule(name, expression string) {
	s.t.Helper()
	_, err := s.owner(ireland).UpdateCanary(s.ctx, &synthetics.UpdateCanaryInput{
		Name: awssdk.String(name), Schedule: &types.CanaryScheduleInput{Expression: awssdk.String(expression)},
	})
	if err != nil {
		s.t.Fatalf("the owner's edit: %v", err)
	}
}
