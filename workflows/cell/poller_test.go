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
	_, err := c.Runs(ctx, &workflows.Waiting{Name: "shop"}, deadline)
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
	if _, err := c.Runs(ctx, &w, deadline); !errors.Is(err, canary.ErrTurningBack) {
		return workflows.Encryption{}, fmt.Errorf("the wait ended with %w", err)
	}
	w.Prove = &workflows.Wanted{Encryption: kms}
	ready, err := c.Runs(ctx, &w, deadline)
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
			if _, err := c.Runs(ctx, &workflows.Waiting{Name: fmt.Sprintf("c-%d", i)}, deadline); err == nil {
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

// awaitBeside has one canary come to its deadline while another waits, then hands on, and answers how long that took.
func awaitBeside(ctx workflow.Context) (time.Duration, error) {
	c := newCell(workflows.CellInput{TimeScale: 1, Format: workflows.FormatLean})
	c.runs = poller{cell: c}
	workflow.Go(ctx, c.runs.loop)
	began := workflow.Now(ctx)
	var ended error
	workflow.Go(ctx, func(ctx workflow.Context) {
		_, ended = c.Runs(ctx, &workflows.Waiting{Name: "late"}, began.Add(5*time.Second))
	})
	if err := workflow.Sleep(ctx, time.Second); err != nil {
		return 0, err
	}
	_, err := c.Runs(ctx, &workflows.Waiting{Name: "other"}, began.Add(2*time.Hour))
	took := workflow.Now(ctx).Sub(began)
	c.handingOn = true // which a last look does not hold either: it is made again
	if err := workflow.Await(ctx, func() bool { return ended != nil }); !errors.Is(ended, canary.ErrHandedOn) {
		return took, fmt.Errorf("the late one's wait ended with %w, %w", ended, err)
	}
	return max(took, workflow.Now(ctx).Sub(began)), err
}

// TestPollerLooksBesideALastLook has the last look at one canary fail for long, as where the Region of its bucket is out. The
// others of the cell go on meanwhile, and so does the cell.
func TestPollerLooksBesideALastLook(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	look := func(_ context.Context, in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
		if in.Waiting[0].Name == "other" {
			return workflows.ReadyRuns{Ready: []workflows.Ready{{Name: "other"}}}, nil
		}
		return workflows.ReadyRuns{}, failure.Retry(&workflows.Problem{Reason: workflows.AWSRefused, Message: "out"}, 0)
	}
	env.RegisterActivityWithOptions(look, activity.RegisterOptions{Name: workflows.AwaitRunsActivity})
	env.RegisterWorkflow(awaitBeside)
	env.ExecuteWorkflow(awaitBeside)
	var took time.Duration
	if err := env.GetWorkflowResult(&took); err != nil {
		t.Fatal(err)
	}
	if took > time.Minute {
		t.Errorf("the other canary and the cell waited for %s", took)
	}
}
