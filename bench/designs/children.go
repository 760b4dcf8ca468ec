package designs

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/canary"
)

// The workflows of the designs that are not the product's.
const (
	childrenWorkflow = "DesignChildren"
	storyWorkflow    = "DesignStory"
	batchesWorkflow  = "DesignBatches"
)

// Cell is the work of such a workflow: a cell's canaries, all at a time.
type Cell struct {
	Cell     workflows.Cell
	Canaries int
	Lean     bool
}

// story is the input of a canary's child workflow.
type story struct {
	Canary workflows.Canary
	Lean   bool
}

// frozen is a canary as its plan would have it.
func frozen(cell workflows.Cell, i int) workflows.Canary {
	recorded := settings(cell, i)
	return workflows.Canary{
		Cell: cell, Recorded: recorded, Action: workflows.Migrate, Proving: workflows.ByRun, State: workflows.Pending,
		To: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: newKey}, ToLocation: recorded.Location, ToBucketRegion: bucketRegion,
		Grants: []workflows.AccessChange{{
			Method: workflows.ByGrant, RoleARN: recorded.RoleARN, KeyARN: newKey, GrantName: workflows.GrantName(recorded.RoleARN, "", newKey),
		}},
	}
}

// tellChildren tells every story as a child workflow, whose id locks the canary.
func tellChildren(ctx workflow.Context, in Cell) error {
	var children []workflow.ChildWorkflowFuture
	for i := range in.Canaries {
		item := frozen(in.Cell, i)
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: "canary/" + in.Cell.Account + "/" + in.Cell.Region + "/" + item.Recorded.Name,
		})
		children = append(children, workflow.ExecuteChildWorkflow(child, storyWorkflow, story{item, in.Lean}))
	}
	for _, child := range children {
		if err := child.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func tellStory(ctx workflow.Context, in story) error {
	if err := canary.Tell(ctx, &in.Canary, host{lean: in.Lean, cell: in.Canary.Cell}); err != nil {
		return err
	}
	if in.Canary.Step != workflows.RevokeStep {
		return errors.New("the canary was not migrated")
	}
	return nil
}

// host is what a story needs of its cell where each is told alone.
type host struct {
	lean bool
	cell workflows.Cell
}

var _ canary.Cell = host{}

// Access implements canary.Cell.
func (h host) Access(ctx workflow.Context, _ *workflows.Canary, change *workflows.AccessChange) (*workflows.Effective, error) {
	return call.Do[*workflows.Effective](ctx, call.Change, workflows.EnsureAccessActivity, "give access",
		workflows.EnsureAccessInput{Cell: h.cell, Change: *change, Poll: h.Poll(time.Second)})
}

// Settled implements canary.Cell: what is given is effective.
func (h host) Settled(workflow.Context, *workflows.Canary, *workflows.AccessChange) error { return nil }

// Saw implements canary.Cell.
func (h host) Saw(time.Duration, bool) {}

// Aged implements canary.Cell: access may be of any age.
func (h host) Aged(workflow.Context, *workflows.Canary, []workflows.AccessChange) error { return nil }

// Resumed implements canary.Cell.
func (h host) Resumed(workflow.Context, *workflows.Canary) error { return nil }

// Reopened implements canary.Cell.
func (h host) Reopened(workflow.Context, *workflows.Canary) error { return nil }

// Turn implements canary.Cell: canaries are edited at any time.
func (h host) Turn(workflow.Context, *workflows.Canary) (time.Time, error) { return time.Time{}, nil }

// Subject implements canary.Cell.
func (h host) Subject(*workflows.Canary) workflows.Subject { return workflows.Subject{} }

// Runs implements canary.Cell.
func (h host) Runs(ctx workflow.Context, w *workflows.Waiting, deadline time.Time) (*workflows.Ready, error) {
	ready, err := call.Do[workflows.ReadyRuns](ctx, call.Wait(deadline.Sub(workflow.Now(ctx))), workflows.AwaitRunsActivity, "wait for a run",
		workflows.AwaitRunsInput{Cell: h.cell, Waiting: []workflows.Waiting{*w}, Poll: h.Poll(time.Second)})
	if err != nil {
		return nil, err
	}
	return &ready.Ready[0], nil
}

// HandingOn implements canary.Cell.
func (h host) HandingOn(workflow.Context) bool { return false }

// Wait implements canary.Cell: what a story waits for comes to its end.
func (h host) Wait(ctx workflow.Context) (workflow.Context, func()) { return ctx, func() {} }

// Changed implements canary.Cell.
func (h host) Changed() {}

// Migration implements canary.Cell.
func (h host) Migration() string { return migrationID }

// Spec implements canary.Cell.
func (h host) Spec() workflows.Spec { return workflows.Spec{} }

// RunDeadline implements canary.Cell.
func (h host) RunDeadline() time.Duration { return time.Hour }

// Lean implements canary.Cell.
func (h host) Lean() bool { return h.lean }

// Poll implements canary.Cell.
func (h host) Poll(every time.Duration) workflows.Poll { return workflows.Poll{Every: every, Scale: 1} }
