package cell

import (
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/canary"
)

// migrate claims the cell's canaries, brings each to the end of its story, and then sees to the access that is not
// needed any more. The way back goes the same way.
func (c *cell) migrate(ctx workflow.Context) error {
	if len(c.watching) == 0 { // else it was handed on in the midst of the watch
		if err := c.claim(ctx); err != nil {
			return err
		}
		if err := c.tellStories(ctx); err != nil {
			return err
		}
		if c.claimed {
			if err := c.settleAccess(ctx); err != nil {
				return err
			}
		}
	}
	if err := c.watch(ctx); err != nil {
		return err
	}
	if c.claimed {
		if err := c.release(ctx, c.keptPairs()); err != nil {
			return err
		}
	}
	if c.report.Phase == workflows.CellReturning {
		c.report.Returned = true
	}
	c.enter(workflows.CellResting)
	return nil
}

// claim locks the canaries that are to be migrated, and registers the use of their keys. What another migration
// has claimed is refused.
func (c *cell) claim(ctx workflow.Context) error {
	if c.claimed {
		return nil
	}
	in := workflows.ClaimInput{Account: c.in.Cell.Account, Holder: c.holder(), Uses: c.pairs()}
	for _, item := range c.canaries {
		if canary.Unfinished(item) {
			in.Canaries = append(in.Canaries, item.Recorded.ID)
		}
	}
	if len(in.Canaries) == 0 {
		return nil
	}
	claimed, err := call.Do[workflows.ClaimResult](ctx, call.Registry, workflows.ClaimActivity, "claim the canaries", in)
	if err != nil {
		return err
	}
	c.refuseLocked(ctx, claimed.Locked)
	c.claimed = true
	return nil
}

func (c *cell) refuseLocked(ctx workflow.Context, locked map[string]workflows.Holder) {
	for i := range c.canaries {
		item := &c.canaries[i]
		other, ok := locked[item.Recorded.ID]
		if !ok || !canary.Unfinished(*item) {
			continue
		}
		item.State = workflows.Blocked
		if c.report.Phase == workflows.CellReturning {
			item.State = item.Before // it stays where it is
		}
		item.Updated = workflow.Now(ctx)
		item.Problem = &workflows.Problem{
			Reason:   workflows.CanaryLocked,
			Message:  fmt.Sprintf("Migration %s has claimed canary %s.", other.Migration, item.Recorded.Name),
			NextStep: "Wait for that migration to end, or cancel it, and create the migration anew.",
			Metadata: map[string]string{"migration_id": other.Migration},
		}
	}
	c.Changed()
}

// release gives back the claims, and the uses of all pairs but those to keep.
func (c *cell) release(ctx workflow.Context, keep []workflows.Pair) error {
	return call.Run(ctx, call.Registry, workflows.ReleaseActivity, "release the claims",
		workflows.ReleaseInput{Account: c.in.Cell.Account, Holder: c.holder(), Keep: keep})
}

func (c *cell) holder() workflows.Holder {
	return workflows.Holder{Migration: c.in.Migration, Region: c.in.Cell.Region}
}

// tellStories runs the stories, at most the window's number at a time. When the run has become too long it begins
// no more, waits for those in flight to reach a boundary, and ends with ErrHandedOn.
func (c *cell) tellStories(ctx workflow.Context) error {
	window := workflow.NewSemaphore(ctx, int64(max(c.in.Spec.MaxConcurrent, 1)))
	stories := workflow.NewWaitGroup(ctx)
	for i := range c.canaries {
		item := &c.canaries[i]
		if !canary.Unfinished(*item) {
			continue
		}
		if err := window.Acquire(ctx, 1); err != nil {
			return err
		}
		if c.mustHandOn(ctx) {
			break
		}
		if c.orders.ending() && item.State == workflows.Pending {
			window.Release(1)
			continue
		}
		stories.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer stories.Done()
			defer window.Release(1)
			c.tell(ctx, item)
		})
	}
	stories.Wait(ctx)
	if c.orders.ending() {
		c.cancelPending(ctx)
	}
	if slices.ContainsFunc(c.canaries, canary.Unfinished) {
		return canary.ErrHandedOn
	}
	return ctx.Err()
}

func (c *cell) tell(ctx workflow.Context, item *workflows.Canary) {
	if err := canary.Tell(ctx, item, c); err != nil && !errors.Is(err, canary.ErrHandedOn) {
		workflow.GetLogger(ctx).Error("story ended", "canary", item.Recorded.Name, "error", err)
	}
}

// cancelPending lets the canaries rest whose turn has not come.
func (c *cell) cancelPending(ctx workflow.Context) {
	for i := range c.canaries {
		if item := &c.canaries[i]; item.State == workflows.Pending {
			item.State = workflows.CanaryCancelled
			item.Updated = workflow.Now(ctx)
			item.Problem = &workflows.Problem{
				Reason:   workflows.Cancelled,
				Message:  fmt.Sprintf("The migration was cancelled before the turn of canary %s came.", item.Recorded.Name),
				NextStep: "Create a new migration for it.",
			}
		}
	}
	c.Changed()
}
