package worker

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/cell"
	"rekey/workflows/fleet"
	"rekey/workflows/key"
	"rekey/workflows/migration"
	"rekey/workflows/registry"
)

// TestReplayCatchesAnIncompatibleChange replays the recorded histories by workflows of which somebody has put a step in front
// of the others. Not one may pass: a replay that takes such a change for the same would let it be deployed.
func TestReplayCatchesAnIncompatibleChange(t *testing.T) {
	changed := map[string]any{
		workflows.MigrationWorkflow: hasty(migration.Workflow),
		workflows.CellWorkflow:      hasty(cell.Workflow),
		workflows.RegistryWorkflow:  hasty(registry.Workflow),
		workflows.KeyWorkflow:       hasty(key.Workflow),
		workflows.SelectionWorkflow: hasty(fleet.Selection),
		workflows.FleetWorkflow:     hastyAnswer(fleet.Summary),
		workflows.CensusWorkflow:    hastyAnswer(fleet.Census),
	}
	for name := range kinds {
		if changed[name] == nil {
			t.Errorf("nobody tries a change of a %s", name)
		}
	}
	for file, h := range recorded(t) {
		replayer := worker.NewWorkflowReplayer()
		for name, w := range changed {
			replayer.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
		}
		err := replayer.ReplayWorkflowHistory(quiet(), h)
		if err == nil || !strings.Contains(err.Error(), "TMPRL1100") { // Temporal's number of a history that does not fit
			t.Errorf("%s: the change was taken for the same workflow: %v", file, err)
		}
	}
}

// hasty is a workflow with an activity in front of its own.
func hasty[In any](w func(workflow.Context, In) error) any {
	return func(ctx workflow.Context, in In) error {
		hurry(ctx)
		return w(ctx, in)
	}
}

// hastyAnswer is hasty for a workflow that has a result.
func hastyAnswer[In, Out any](w func(workflow.Context, In) (Out, error)) any {
	return func(ctx workflow.Context, in In) (Out, error) {
		hurry(ctx)
		return w(ctx, in)
	}
}

func hurry(ctx workflow.Context) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	_ = workflow.ExecuteActivity(ctx, "Hurry").Get(ctx, nil) // never gets there
}
