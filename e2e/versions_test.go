package e2e

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/grpc/codes"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// deployment is the worker deployment of the test.
const deployment = "rekey"

// TestWorkerVersions rolls out two versions of the worker, one after the other, over workers that are not versioned. A run of
// a migration or of a cell stays on the version that it began on and the next one goes on with the current version; a version
// that is stopped too early keeps its migrations waiting; one that nothing is left on is told to be drained.
func TestWorkerVersions(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+
		canaryRole("shop", "three", "")+canaryRole("shop", "four", ""), `
  - {account: shop, region: eu-west-1, name: before, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: between, role: two, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: left, role: four, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: after, role: three, encryption: {mode: SSE_KMS, key: k}}
`), soonDrained...)
	before := s.create(s.only([]string{ireland}, "before")) // by a worker that is not versioned
	first := s.rollOut("first")
	s.stopWorker()
	s.approve(before)
	before = s.await(before.GetId(), rested)
	between, left := s.create(s.only([]string{ireland}, "between")), s.create(s.only([]string{ireland}, "left"))
	s.versions("what was begun without versions goes on with the first", before, "", "first")
	s.versions("what is begun now is the first version's", between, "first")

	second := s.rollOut("second")
	after := s.create(s.only([]string{ireland}, "after"))
	s.versions("what is begun now is the second version's", after, "second")
	s.versions("what nobody woke stays where it was", between, "first")

	s.tooEarly(between, first)
	left = s.moved(left)
	first = s.newWorker(s.endpoint, versionOf("first"))
	s.answered(between.GetId())
	s.approve(between)
	s.approve(after)
	between, after = s.await(between.GetId(), rested), s.await(after.GetId(), rested)
	s.versions("it handed on to the second version", between, "first", "second")
	s.versions("it stayed on the second version", after, "second")
	if status := s.drainage("first"); status != client.WorkerDeploymentVersionDrainageStatusDraining {
		t.Errorf("with a migration that rests on it, the first version is %v, want draining", status)
	}
	s.eventually("the first version to be drained", func() bool {
		s.wakeAll("first")
		return s.drainage("first") == client.WorkerDeploymentVersionDrainageStatusDrained
	})
	for _, id := range []string{workflows.MigrationID(before.GetId()), shopCell(before.GetId())} { // drained is the first before the second has begun
		s.eventually("the second version to take it", func() bool { return slices.Contains(s.carriedOut("when it was woken", id), "second") })
	}
	s.versions("it was woken", before, "", "first", "second")
	first.Stop()

	for name, m := range map[string]*rekeyv1.Migration{"before": before, "between": between, "left": left, "after": after} {
		m = s.get(m.GetId()) // by the second version, all of them
		if diff := cmp.Diff(map[string]outcome{name: {State: migrated, Old: revoked}}, outcomes(s.canaries(m))); diff != "" || m.GetState() != succeeded {
			t.Errorf("%s ended as %s (-want +got):\n%s", name, m.GetState(), diff)
		}
	}
	s.undisturbed()
	if failures := s.taskFailures(); len(failures) > 0 {
		t.Errorf("workflow tasks failed: %q", failures)
	}
	second.Stop()
}

// soonDrained has Temporal look every second whether a version is drained, rather than every three minutes.
var soonDrained = []string{
	"--dynamic-config-value", `matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"`,
	"--dynamic-config-value", `matching.wv.VersionDrainageStatusRefreshInterval="1s"`,
}

func versionOf(build string) sdkworker.WorkerDeploymentVersion {
	return sdkworker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: build}
}

// rollOut starts a worker of a version, and makes that the current one when Temporal knows it.
func (s *stack) rollOut(build string) sdkworker.Worker {
	s.t.Helper()
	w := s.newWorker(s.endpoint, versionOf(build))
	s.t.Cleanup(w.Stop)
	handle := s.temporal.WorkerDeploymentClient().GetHandle(deployment)
	s.eventually("workflows and activities to be asked for", func() bool {
		described, err := handle.DescribeVersion(s.ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: build})
		return err == nil && len(described.Info.TaskQueuesInfos) == 2
	})
	s.eventually("the version to be made current", func() bool {
		_, err := handle.SetCurrentVersion(s.ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return err == nil
	})
	s.eventually("the task queues to know it", func() bool { return s.routed(build) })
	return w
}

// routed reports whether every task queue sends what is begun to a version: Temporal tells them in the background.
func (s *stack) routed(build string) bool {
	s.t.Helper()
	reply, err := s.temporal.WorkflowService().DescribeWorkerDeployment(s.ctx,
		&workflowservice.DescribeWorkerDeploymentRequest{Namespace: client.DefaultNamespace, DeploymentName: deployment})
	if err != nil {
		s.t.Fatalf("describing the deployment: %v", err)
	}
	info := reply.GetWorkerDeploymentInfo()
	return info.GetRoutingConfig().GetCurrentDeploymentVersion().GetBuildId() == build &&
		info.GetRoutingConfigUpdateState() == enums.ROUTING_CONFIG_UPDATE_STATE_COMPLETED
}

// drainage is what Temporal says of a version that is not current any more.
func (s *stack) drainage(build string) client.WorkerDeploymentVersionDrainageStatus {
	s.t.Helper()
	described, err := s.temporal.WorkerDeploymentClient().GetHandle(deployment).
		DescribeVersion(s.ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: build})
	if err != nil {
		s.t.Fatalf("describing version %s: %v", build, err)
	}
	if described.Info.DrainageInfo == nil {
		return client.WorkerDeploymentVersionDrainageStatusUnspecified
	}
	return described.Info.DrainageInfo.DrainageStatus
}

// tooEarly stops a version that a migration needs. It is told that no worker answers, and nothing happens.
func (s *stack) tooEarly(m *rekeyv1.Migration, needed sdkworker.Worker) {
	s.t.Helper()
	needed.Stop()
	sdkworker.PurgeStickyWorkflowCache()
	_, err := s.api.GetMigration(s.ctx, &rekeyv1.GetMigrationRequest{MigrationId: m.GetId()})
	refusedWith(s.t, "asked while its version does not run", err, codes.Unavailable, "WORKER_UNAVAILABLE")
	s.versions("the other version does not take it", m, "first")
}

// moved moves a migration and its cell from a version that does not run to the current one, and takes it to its end.
func (s *stack) moved(m *rekeyv1.Migration) *rekeyv1.Migration {
	s.t.Helper()
	for _, id := range []string{workflows.MigrationID(m.GetId()), shopCell(m.GetId())} {
		_, err := s.temporal.UpdateWorkflowExecutionOptions(s.ctx, client.UpdateWorkflowExecutionOptionsRequest{
			WorkflowId: id, WorkflowExecutionOptionsChanges: client.WorkflowExecutionOptionsChanges{
				VersioningOverride: &client.VersioningOverrideChange{Value: &client.AutoUpgradeVersioningOverride{}},
			},
		})
		if err != nil {
			s.t.Fatalf("moving %s: %v", id, err)
		}
	}
	s.answered(m.GetId())
	s.approve(m)
	return s.await(m.GetId(), rested)
}

// wakeAll wakes whatever is pinned to a version, as docs/upgrades.md has it.
func (s *stack) wakeAll(build string) {
	s.t.Helper()
	page, err := s.temporal.ListWorkflow(s.ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "TemporalWorkerDeploymentVersion = '" + deployment + ":" + build + "' AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		s.t.Fatalf("listing what is pinned: %v", err)
	}
	for _, execution := range page.GetExecutions() {
		// One that has handed on meanwhile is not there any more.
		_ = s.temporal.SignalWorkflow(s.ctx, execution.GetExecution().GetWorkflowId(), "", "wake", nil)
	}
}

// wake gives every workflow of a migration a task, in which it learns that another version is current.
func (s *stack) wake(m *rekeyv1.Migration) {
	s.t.Helper()
	for _, id := range []string{workflows.MigrationID(m.GetId()), shopCell(m.GetId())} {
		if err := s.temporal.SignalWorkflow(s.ctx, id, "", "wake", nil); err != nil {
			s.t.Fatalf("waking %s: %v", id, err)
		}
	}
}

// versions fails the test unless a migration and its cell were carried out by these versions, in that order, none of them run by
// more than one of them. Work without a version, which any may take, is "".
func (s *stack) versions(why string, m *rekeyv1.Migration, want ...string) {
	s.t.Helper()
	for _, id := range []string{workflows.MigrationID(m.GetId()), shopCell(m.GetId())} {
		if diff := cmp.Diff(want, s.carriedOut(why, id)); diff != "" {
			s.t.Errorf("%s: versions of %s (-want +got):\n%s", why, id, diff)
		}
	}
}

// carriedOut are the versions that completed tasks of a workflow, in their order. It fails the test when one run had several.
func (s *stack) carriedOut(why, id string) []string {
	s.t.Helper()
	var got []string
	for _, run := range s.runsOf(id) {
		builds := s.builds(id, run.GetExecution().GetRunId())
		if pinned := slices.DeleteFunc(slices.Clone(builds), func(b string) bool { return b == "" }); len(pinned) > 1 {
			s.t.Errorf("%s: a run of %s went from one version to another: %q", why, id, builds)
		}
		got = append(got, builds...)
	}
	return slices.Compact(got)
}

// runsOf are the runs of a workflow, the oldest first.
func (s *stack) runsOf(id string) []*workflow.WorkflowExecutionInfo {
	s.t.Helper()
	page, err := s.temporal.ListWorkflow(s.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId = '" + id + "'"})
	if err != nil {
		s.t.Fatalf("listing runs: %v", err)
	}
	runs := page.GetExecutions()
	slices.SortFunc(runs, func(a, b *workflow.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	return runs
}

// builds are the versions that completed tasks of a run, in their order.
func (s *stack) builds(id, run string) []string {
	s.t.Helper()
	var list []string
	for _, event := range s.history(id, run).GetEvents() {
		if completed := event.GetWorkflowTaskCompletedEventAttributes(); completed != nil {
			list = append(list, completed.GetDeploymentVersion().GetBuildId())
		}
	}
	return slices.Compact(list)
}
