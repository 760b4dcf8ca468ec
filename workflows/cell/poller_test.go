package cell

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
	"rekey/workflows/failure"
)

// awaitInVain waits for runs of a canary that has none.
func awaitInVain(ctx workflow.Context) error {
	c := newCell(workflows.CellInput{TimeScale: 1})
	c.runs = poller{cell: c}
	workflow.Go(ctx, c.runs.loop)
	deadline := workflow.Now(ctx).Add(25 * time.Second)
	_, err := c.Runs(ctx, workflows.Waiting{Name: "shop"}, deadline)
	if !errors.Is(err, canary.ErrNotInTime) || workflow.Now(ctx).Before(deadline) {
		return fmt.Errorf("the wait ended at %s with %w, want the deadline %s", workflow.Now(ctx), err, deadline)
	}
	return nil
}

// TestPollerSleepsToTheDeadline counts the activities of a wait that ends within less than a look of its round: one round
// and one last look, and nothing between them.
func TestPollerSleepsToTheDeadline(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	rounds := 0
	look := func(ctx context.Context, in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
		if activity.GetInfo(ctx).Attempt == 1 {
			rounds++
		}
		if rounds > 20 {
			return workflows.ReadyRuns{}, failure.Refuse(&workflows.Problem{Reason: workflows.Internal, Message: "too many looks"})
		}
		return workflows.ReadyRuns{}, failure.Wait("none", in.Poll.Delay(in.Poll.Every))
	}
	env.RegisterActivityWithOptions(look, activity.RegisterOptions{Name: workflows.AwaitRunsActivity})
	env.RegisterWorkflow(awaitInVain)
	env.ExecuteWorkflow(awaitInVain)
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if rounds != 2 {
		t.Errorf("%d activities, want a round and a last look", rounds)
	}
}
