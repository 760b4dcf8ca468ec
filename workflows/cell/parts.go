package cell

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// cancelPart lets the canaries of a part rest whose turn has not come, and turns those around that are in flight, where
// that is asked. A retry of everything that has not been planned to its end is dropped: nobody approves its plan any more.
func (c *cell) cancelPart(ctx workflow.Context, task workflows.Task) {
	for i := range c.steering.doing {
		if retry := &c.steering.doing[i]; retry.Kind == workflows.RetryTask && task.Part.IsAll() {
			retry.Kind = workflows.CancelTask
		}
	}
	for _, item := range c.covered(task.Part) {
		switch {
		case item.State == workflows.Pending:
			cancelled(ctx, item)
		case task.Back && item.State == workflows.Migrating:
			c.turn(item)
		}
	}
}

// returnPart turns the canaries of a part around: those in flight at their next safe point, those that rest when the cell
// gets to it. Those whose turn has not come rest as they are, but for those that a retry was to take up where they had
// stopped: they have their new settings.
func (c *cell) returnPart(ctx workflow.Context, task workflows.Task) {
	for _, item := range c.covered(task.Part) {
		if item.State == workflows.Pending {
			cancelled(ctx, item)
		}
		if item.State == workflows.Migrating || returnable(*item) {
			c.turn(item)
		}
	}
	if idle := c.report.Phase == workflows.CellWaiting || c.report.Phase == workflows.CellResting; idle && c.hasToTurnBack() {
		c.enter(workflows.CellRunning) // at once, so that no report says that the task is done and the cell idle
	}
}

// turn asks a canary to be put back, and ends what it waits for.
func (c *cell) turn(item *workflows.Canary) {
	item.TurnBack = true
	c.runs.release(item.Recorded.Name, canary.ErrTurningBack)
}

// turnBackAsked turns those around that rest and are to be put back. It reports whether there were any.
func (c *cell) turnBackAsked(ctx workflow.Context) bool {
	turned := false
	for i := range c.canaries {
		item := &c.canaries[i]
		if !item.TurnBack || c.telling[i] || canary.Unfinished(*item) {
			continue
		}
		if migrated(*item) {
			item.State = workflows.Migrated // one whose old access has not been seen to is where it rests if it can't go back
		}
		if returnable(*item) {
			canary.Return(ctx, item, c)
			turned, c.claimed = true, false // its uses may have been given up: they are claimed again
		}
		item.TurnBack = false
	}
	return turned
}

func (c *cell) hasToTurnBack() bool {
	for i := range c.canaries {
		if c.canaries[i].TurnBack && !c.telling[i] {
			return true
		}
	}
	return false
}

// asBefore lets a canary rest as it did before a retry was to take it up where it had stopped. Access that was restored to a
// run that missed it is held again: nobody has begun to do without it.
func asBefore(item *workflows.Canary) {
	item.State = workflows.Unverified
	if item.Step != workflows.RevokeStep {
		return
	}
	item.State = workflows.Migrated
	if old := item.OldAccess; item.Hold == nil && old != nil && isRestored(old.Held) {
		item.Hold = old.Held
	}
}

// cancelled lets a canary rest whose turn has not come. One that was to go on where it had stopped rests as before.
func cancelled(ctx workflow.Context, item *workflows.Canary) {
	item.Updated = workflow.Now(ctx)
	if item.Step != workflows.NoStep {
		asBefore(item)
		return
	}
	item.State = workflows.CanaryCancelled
	item.Problem = &workflows.Problem{
		Reason:   workflows.Cancelled,
		Message:  fmt.Sprintf("The migration was cancelled before the turn of canary %s came.", item.Recorded.Name),
		NextStep: "Create a new migration for it.",
	}
}
