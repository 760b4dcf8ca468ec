package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// TestOneCauseIsOnePause: a budget that is used up is found by a failure, and again by the judgement of its wave.
func TestOneCauseIsOnePause(t *testing.T) {
	m := in(workflows.PausedState)
	m.view.Pauses = []workflows.Pause{{Cause: workflows.ByOperator}}
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		m.pauseAll(ctx, workflows.ByBudget, "2 canaries failed")
		m.pauseAll(ctx, workflows.ByBudget, "3 canaries failed")
		m.pauseAll(ctx, workflows.ByWave, "the spec asks for it")
		return nil
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var causes []workflows.PauseCause
	for _, p := range m.view.Pauses {
		causes = append(causes, p.Cause)
	}
	want := []workflows.PauseCause{workflows.ByOperator, workflows.ByBudget, workflows.ByWave}
	if diff := cmp.Diff(want, causes); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
}
