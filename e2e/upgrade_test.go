package e2e

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	sdkworker "go.temporal.io/sdk/worker"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// point is where an upgrade meets a migration.
type point struct {
	name string
	// format is the first that has it.
	format int
	// come waits until the migration is there; still tells, while no worker runs, by what Temporal and AWS know, whether it
	// was stopped there.
	come  func(s *stack, id string)
	still func(s *stack, id string) bool
}

// points are where upgrades meet a migration, in the order in which it comes there.
var points = []point{
	{"planning", 0, func(s *stack, id string) {
		s.eventually("a cell", func() bool {
			_, err := s.temporal.DescribeWorkflow(s.ctx, shopCell(id), "")
			return err == nil
		})
	}, func(s *stack, id string) bool { return s.stateOf(id) == workflows.Planning }},

	{"awaiting approval", 0, func(s *stack, id string) {
		s.await(id, func(m *rekeyv1.Migration) bool { return m.GetState() == awaitsApproval })
	}, func(s *stack, id string) bool { return s.stateOf(id) == workflows.AwaitingApproval }},

	{"waiting for a run", 0, func(s *stack, id string) {
		s.approve(s.get(id))
		s.await(id, func(m *rekeyv1.Migration) bool { return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_RUN) })
	}, func(s *stack, id string) bool {
		return s.made("synthetics:UpdateCanary") > 0 && s.made("kms:RevokeGrant") == 0
	}},

	{"watching after a revoke", 0, func(s *stack, id string) {
		s.eventually("a revoke", func() bool { return s.made("kms:RevokeGrant") > 0 })
	}, func(s *stack, id string) bool { return s.stateOf(id) == workflows.Running }},

	{"baking", workflows.FormatRollout, func(s *stack, id string) {
		s.await(id, func(m *rekeyv1.Migration) bool {
			return m.GetState() == succeeded || m.GetWaves()[0].GetState() == rekeyv1.WaveState_WAVE_STATE_BAKING
		})
	}, func(s *stack, id string) bool {
		return s.stateOf(id) == workflows.Running && s.made("kms:RevokeGrant") == 1
	}},

	{"resting", 0, func(s *stack, id string) { s.await(id, rested) },
		func(s *stack, id string) bool { return s.stateOf(id) == workflows.Succeeded }},
}

// upgradeWorld is a fleet of which one canary waits long enough for its run to be met there.
func upgradeWorld(t *testing.T) *fleet.Fleet {
	t.Helper()
	return parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", ""), `
  - {account: shop, region: eu-west-1, name: first, role: one, run_duration: 8m, timeout: 600, schedule: rate(10 minutes), runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: visual, role: two, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["10,10,200,50"]}]}
  - {account: shop, region: eu-west-1, name: dry, role: two, encryption: {mode: SSE_KMS, key: k}}
`)
}

// TestUpgradeInMidFlight begins a migration as each release began it, and replaces the worker wherever a migration can be, by
// one that knows nothing and replays all of it. It must come to the same end as one that was left alone.
func TestUpgradeInMidFlight(t *testing.T) {
	for _, release := range releases(t) {
		t.Run(release.version, func(t *testing.T) {
			s := start(t, upgradeWorld(t))
			s.slowCensus()
			id := s.startAs(release)
			for _, p := range release.points() {
				p.come(s, id)
				s.replaceWorker(func() { s.isStill(p, id) })
				s.answered(id)
			}
			s.upgraded(s.await(id, rested))
			if failures := s.taskFailures(); len(failures) > 0 {
				t.Errorf("workflow tasks failed: %q", failures)
			}
		})
	}
}

// slowCensus has the first census take its time, so that the plan is not made before anybody looks.
func (s *stack) slowCensus() {
	s.sim.World.Faults.Set([]fault.Rule{{Service: "synthetics", Operation: "DescribeCanaries", LatencyMillis: 1500, Times: 1}})
}

// isStill fails the test when a migration has gone on from where it was to be met.
func (s *stack) isStill(p point, id string) {
	s.t.Helper()
	if !p.still(s, id) {
		s.t.Errorf("%s: the migration is not there any more, but %s: nothing was tried", p.name, s.stateOf(id))
	}
}

// upgraded fails the test unless a migration of the upgrade's fleet ended as one that was left alone does.
func (s *stack) upgraded(m *rekeyv1.Migration) {
	s.t.Helper()
	if m.GetState() != succeeded {
		s.t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	canaries := s.canaries(m)
	want := map[string]outcome{
		"first":  {State: migrated, Old: revoked},
		"dry":    {State: migrated, Old: revoked},
		"visual": {State: migrated, Old: revoked, Baseline: confirmed},
	}
	if diff := cmp.Diff(want, outcomes(canaries)); diff != "" {
		s.t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	mutations := map[string]int{}
	for _, e := range s.changes(0) {
		mutations[e.Action]++
	}
	delete(mutations, "synthetics:StartCanaryDryRun") // has no client token: one more after a crash does no harm
	// A role has one grant for all its canaries; the visual one is updated for its baseline once more.
	if diff := cmp.Diff(map[string]int{"kms:CreateGrant": 2, "kms:RevokeGrant": 2, "synthetics:UpdateCanary": 4}, mutations); diff != "" {
		s.t.Errorf("lasting mutations (-want +got):\n%s", diff)
	}
	s.onlyPlanned(canaries)
	s.undisturbed()
}

// replaceWorker stops the worker, and starts another that has nothing in memory: whatever it goes on with it replays.
func (s *stack) replaceWorker(between ...func()) {
	s.t.Helper()
	s.stopWorker()
	sdkworker.PurgeStickyWorkflowCache() // that of the process; the others of it replay as well, and are the same
	for _, f := range between {
		f()
	}
	s.startWorker(s.endpoint)
}

// answered waits until a worker has taken a migration up again: Temporal repeats a task that failed, or that the stopped worker
// had, after a while.
func (s *stack) answered(id string) {
	s.t.Helper()
	s.eventually("a worker to take the migration up", func() bool {
		_, err := s.api.GetMigration(s.ctx, &rekeyv1.GetMigrationRequest{MigrationId: id})
		return err == nil
	})
}

// stateOf is a migration's state, as listings have it: no worker is needed to tell it.
func (s *stack) stateOf(id string) workflows.State {
	s.t.Helper()
	described, err := s.temporal.DescribeWorkflow(s.ctx, workflows.MigrationID(id), "")
	if err != nil {
		s.t.Fatalf("describing a migration: %v", err)
	}
	state, _ := described.TypedSearchAttributes.GetKeyword(stateAttribute)
	return workflows.State(state)
}

// made is how many changes of a kind rekey made.
func (s *stack) made(action string) int {
	n := 0
	for _, e := range s.changes(0) {
		if e.Action == action {
			n++
		}
	}
	return n
}

// taskFailures are the reasons for which workflow tasks failed because of what the code does, in the histories of all runs.
func (s *stack) taskFailures() []string {
	s.t.Helper()
	page, err := s.temporal.ListWorkflow(s.ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000})
	if err != nil {
		s.t.Fatalf("listing workflows: %v", err)
	}
	var list []string
	for _, execution := range page.GetExecutions() {
		id := execution.GetExecution().GetWorkflowId()
		for _, event := range s.history(id, execution.GetExecution().GetRunId()).GetEvents() {
			failed := event.GetWorkflowTaskFailedEventAttributes()
			switch failed.GetCause() {
			case enums.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR, enums.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE:
				list = append(list, fmt.Sprintf("%s: %s: %s", id, failed.GetCause(), failed.GetFailure().GetMessage()))
			default: // for example that something came while a run ended
			}
		}
	}
	return list
}
