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

// turnAround waits for runs under SSE-S3 and, before there are any, turns back and waits for runs under the key of before.
func turnAround(ctx workflow.Context) (workflows.Encryption, error) {
	c := newCell(workflows.CellInput{TimeScale: 1, Format: workflows.FormatLean})
	c.runs = poller{cell: c}
	workflow.Go(ctx, c.runs.loop)
	deadline := workflow.Now(ctx).Add(time.Hour)
	workflow.Go(ctx, func(ctx workflow.Context) {
		if workflow.Sleep(ctx, lookEvery/2) == nil {
			c.runs.release("shop", canary.ErrTurningBack)
		}
	})
	w := workflows.Waiting{Name: "shop", Prove: &workflows.Wanted{Encryption: sse}}
	if _, err := c.Runs(ctx, w, deadline); !errors.Is(err, canary.ErrTurningBack) {
		return workflows.Encryption{}, fmt.Errorf("the wait ended with %w", err)
	}
	w.Prove = &workflows.Wanted{Encryption: kms}
	ready, err := c.Runs(ctx, w, deadline)
	if err != nil || len(ready.Proofs) != 1 {
		return workflows.Encryption{}, fmt.Errorf("%+v, %w", ready, err)
	}
	return ready.Proofs[0].Encryption, nil
}

// TestPollerAnswersWhoAsked has a canary turn back while a round is under way that asks for its new settings. What that finds is
// no answer to who asks for the old ones: it would prove that the canary has them, by a run that had not.
func TestPollerAnswersWhoAsked(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	look := func(ctx context.Context, in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
		if activity.GetInfo(ctx).Attempt == 1 {
			return workflows.ReadyRuns{}, failure.Wait("none", in.Poll.Delay(in.Poll.Every))
		}
		ready := workflows.ReadyRuns{}
		for _, w := range in.Waiting {
			proof := workflows.RunProof{Finding: workflows.RightKey, Encryption: w.Prove.Encryption}
			ready.Ready = append(ready.Ready, workflows.Ready{Name: w.Name, Proofs: []workflows.RunProof{proof}})
		}
		return ready, nil
	}
	env.RegisterActivityWithOptions(look, activity.RegisterOptions{Name: workflows.AwaitRunsActivity})
	env.RegisterWorkflow(turnAround)
	env.ExecuteWorkflow(turnAround)
	var proven workflows.Encryption
	if err := env.GetWorkflowResult(&proven); err != nil {
		t.Fatal(err)
	}
	if proven != kms {
		t.Errorf("who waits for runs under %v was answered for %v", kms, proven)
	}
}

// awaitTogether has more canaries than a look answers wait until the same deadline, and counts those whose runs were seen.
func awaitTogether(ctx workflow.Context, canaries int) (int, error) {
	c := newCell(workflows.CellInput{TimeScale: 1, Format: workflows.FormatLean})
	c.runs = poller{cell: c}
	workflow.Go(ctx, c.runs.loop)
	deadline, waiting, seen := workflow.Now(ctx).Add(5*time.Second), canaries, 0
	for i := range canaries {
		workflow.Go(ctx, func(ctx workflow.Context) {
			if _, err := c.Runs(ctx, workflows.Waiting{Name: fmt.Sprintf("c-%d", i)}, deadline); err == nil {
				seen++
			}
			waiting--
		})
	}
	err := workflow.Await(ctx, func() bool { return waiting == 0 })
	return seen, err
}

// TestPollerGivesUpNobodyUnseen has 7 canaries come to their deadline of which one look tells two at most: the runs of all but
// the last, which has none, are there. A look that did not come to a canary is no reason to give it up.
func TestPollerGivesUpNobodyUnseen(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	look := func(_ context.Context, in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
		ready := workflows.ReadyRuns{}
		for _, w := range in.Waiting {
			if w.Name != "c-6" && len(ready.Ready) < 2 {
				ready.Ready = append(ready.Ready, workflows.Ready{Name: w.Name})
			}
		}
		if len(ready.Ready) == 0 {
			return ready, failure.Wait("none", in.Poll.Delay(in.Poll.Every))
		}
		return ready, nil
	}
	env.RegisterActivityWithOptions(look, activity.RegisterOptions{Name: workflows.AwaitRunsActivity})
	env.RegisterWorkflow(awaitTogether)
	env.ExecuteWorkflow(awaitTogether, 7)
	seen := 0
	if err := env.GetWorkflowResult(&seen); err != nil {
		t.Fatal(err)
	}
	if seen != 6 {
		t.Errorf("%d canaries were seen to have runs, want 6", seen)
	}
}
