package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc/codes"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
	"rekey/workflows/cell"
	"rekey/workflows/migration"
)

// unversioned is the version of a worker that takes no part in worker versioning.
var unversioned sdkworker.WorkerDeploymentVersion

// hasty is a workflow of which somebody has put an activity in front: histories of before have none there.
func hasty[In any](w func(workflow.Context, In) error) func(workflow.Context, In) error {
	return func(ctx workflow.Context, in In) error {
		hurried := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		if err := workflow.ExecuteActivity(hurried, workflows.LocksActivity, workflows.LocksInput{}).Get(ctx, nil); err != nil {
			return err
		}
		return w(ctx, in)
	}
}

// TestIncompatibleWorkerDoesNoHarm has a worker take over whose workflows give other commands than the histories have. Its tasks
// fail, nothing is changed in AWS, and the migration goes on when the right worker is back.
func TestIncompatibleWorkerDoesNoHarm(t *testing.T) {
	s := start(t, upgradeWorld(t))
	m := s.begin(s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l"))
	s.await(m.GetId(), func(m *rekeyv1.Migration) bool { return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_RUN) })
	s.stopWorker()
	sdkworker.PurgeStickyWorkflowCache()
	seq := s.sim.World.Journal.Len()

	wrong := s.newWorker(s.endpoint, unversioned,
		other{workflows.MigrationWorkflow, hasty(migration.Workflow)}, other{workflows.CellWorkflow, hasty(cell.Workflow)})
	s.wake(m)
	s.eventually("the tasks of the migration and of its cell to fail", func() bool {
		failures := s.taskFailures()
		return stuck(failures, workflows.MigrationID(m.GetId())) && stuck(failures, shopCell(m.GetId()))
	})
	for _, e := range s.still() {
		t.Errorf("the wrong worker changed something: %v", e)
	}
	for _, e := range s.changes(seq) {
		t.Errorf("the wrong worker changed something at once: %v", e)
	}
	wrong.Stop()

	s.replaceWorker()
	s.answered(m.GetId())
	s.upgraded(s.await(m.GetId(), rested))
}

// stuck reports whether a task of a workflow failed because its commands are not those of its history.
func stuck(failures []string, id string) bool {
	return slices.ContainsFunc(failures, func(f string) bool { return strings.HasPrefix(f, id+": NonDeterministicError") })
}

// shopCell is the workflow id of a migration's cell in Ireland.
func shopCell(id string) string {
	return workflows.CellID(id, workflows.Cell{Account: shop, Region: ireland})
}

// TestNewerFormatWaitsForANewerWorker starts a migration as a server of a later version would. A worker of today does nothing
// about it; one that knows the format carries it out.
func TestNewerFormatWaitsForANewerWorker(t *testing.T) {
	s := start(t, upgradeWorld(t))
	all := releases(t)
	newest := all[len(all)-1]
	id := s.startAs(newest, workflows.NewestFormat+1)
	s.eventually("the worker to refuse it", func() bool {
		return slices.ContainsFunc(s.taskFailures(), func(f string) bool {
			return strings.HasPrefix(f, workflows.MigrationID(id)) && strings.Contains(f, "replace it with one of the server's version")
		})
	})
	_, err := s.api.GetMigration(s.ctx, &rekeyv1.GetMigrationRequest{MigrationId: id})
	refusedWith(t, "asked for it", err, codes.Unavailable, "WORKER_UNAVAILABLE")
	if _, err := s.temporal.DescribeWorkflow(s.ctx, shopCell(id), ""); err == nil {
		t.Error("the migration has started a cell")
	}

	s.stopWorker()
	s.worker = s.newWorker(s.endpoint, unversioned, other{workflows.MigrationWorkflow, func(ctx workflow.Context, in workflows.MigrationInput) error {
		in.Format = newest.format() // what it does is the same: that it is known is the point
		return migration.Workflow(ctx, in)
	}})
	s.answered(id)
	s.approve(s.await(id, func(m *rekeyv1.Migration) bool { return m.GetState() == awaitsApproval }))
	s.upgraded(s.await(id, rested))
}
