package cell

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// cancelPart lets the canaries of a part rest whose turn has not come, and turns those around that are in flight, where
// that is asked.
func (c *cell) cancelPart(ctx workflow.Context, task workflows.Task) {
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
// gets to it. Those whose turn has not come rest as they are.
func (c *cell) returnPart(ctx workflow.Context, task workflows.Task) {
	for _, item := range c.covered(task.Part) {
		switch {
		case item.State == workflows.Pending:
			cancelled(ctx, item)
		case item.State == workflows.Migrating || returnable(*item):
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

// cancelled lets a canary rest whose turn has not come. One that was to go on where it had stopped rests as before.
func cancelled(ctx workflow.Context, item *workflows.Canary) {
	item.Updated = workflow.Now(ctx)
	if item.Step != workflows.NoStep {
		item.State = workflows.Unverified
		if item.Step == workflows.RevokeStep {
			item.State = workflows.Migrated
		}
		return
	}
	item.State = workflows.CanaryCancelled
	item.Problem = &workflows.Problem{
		Reason:   workflows.Cancelled,
		Message:  fmt.Sprintf("The migration was cancelled before the turn of canary %s came.", item.Recorded.Name),
		NextStep: "Create a new migration for it.",
	}
}
