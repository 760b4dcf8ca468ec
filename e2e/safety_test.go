package e2e

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// TestUnsettledCanaryKeepsItsKeys leaves a visual canary unverified: its settings have the new key, its baseline the old
// one, and no setting shows that. A second migration of its neighbour, of the same role, must not take the old key
// away from it; once it is settled, the key goes.
func TestUnsettledCanaryKeepsItsKeys(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: visual, role: one, schedule: rate(1 minute), site_down: true, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: neighbour, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	first := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	first.GetSelection().NamePatterns = []string{"visual"}
	first.GetWaits().RunDeadline = durationpb.New(5 * time.Minute)
	m := s.migrate(first)
	if c := s.canaries(m)["visual"]; c.GetState() != rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED || c.GetOldAccess().GetState() != held {
		t.Fatalf("the visual canary is %s, its old access %v", c.GetState(), c.GetOldAccess())
	}
	m = s.migrate(s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l"))
	c := s.canaries(m)["neighbour"]
	if c.GetState() != migrated || c.GetOldAccess().GetState() != held {
		t.Errorf("the neighbour is %s, its old access %v", c.GetState(), c.GetOldAccess())
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 1 {
		t.Errorf("%d grants on the old key, want 1", n)
	}
	if err := s.sim.Synthetics.SetSiteDown("arn:aws:synthetics:eu-west-1:"+shop+":canary:visual", false); err != nil {
		t.Fatal(err)
	}
	s.sim.WaitUntil(s.sim.World.Clock.Now().Add(3 * time.Minute)) // runs that compare with the old baseline
	s.undisturbed()
}

// TestTerminatedCell terminates the workflow of a cell in mid-migration, as somebody with Temporal's web UI might: the
// migration does not wait for it for ever, and says what happened.
func TestTerminatedCell(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: lost, role: one, runtime: syn-nodejs-puppeteer-9.1, schedule: "`+dueInTenHours()+`", encryption: {mode: SSE_KMS, key: k}}
`, "synthetics: {cron_runs_after_edit: false}\n"))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Waits.RunDeadline = durationpb.New(20 * time.Hour)
	m := s.create(spec)
	s.approve(m)
	s.await(m.GetId(), func(m *rekeyv1.Migration) bool { return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_RUN) })
	cell := workflows.CellID(m.GetId(), workflows.Cell{Account: shop, Region: ireland})
	if err := s.temporal.TerminateWorkflow(s.ctx, cell, "", "a test of what happens then"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.api.CancelMigration(s.ctx, &rekeyv1.CancelMigrationRequest{MigrationId: m.GetId()}); err != nil {
		t.Fatal(err)
	}
	m = s.await(m.GetId(), rested)
	if m.GetState() != cancelled || len(m.GetProgress().GetCellProblems()) != 1 {
		t.Fatalf("got %v", m)
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 1 {
		t.Errorf("%d grants on the old key, want 1", n)
	}
	again := s.create(spec) // the claims of the terminated cell are taken over
	if again.GetState() != succeeded || again.GetPlan().GetSkipped() != 1 {
		t.Errorf("planned anew as %s: %v", again.GetState(), again.GetPlan())
	}
}

func inStep(m *rekeyv1.Migration, step rekeyv1.CanaryStep) bool {
	for _, count := range m.GetProgress().GetSteps() {
		if count.GetStep() == step {
			return true
		}
	}
	return false
}
