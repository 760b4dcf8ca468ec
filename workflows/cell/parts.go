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
			c.turn(ctx, item)
		}
	}
	c.setOut()
}

// returnPart turns the canaries of a part around: those in flight at their next safe point, those that rest when the cell
// gets to it. Those whose turn has not come rest as they are.
func (c *cell) returnPart(ctx workflow.Context, task workflows.Task) {
	for _, item := range c.covered(task.Part) {
		if item.State == workflows.Pending {
			cancelled(ctx, item)
		}
		if item.State == workflows.Migrating || returnable(*item) {
			c.turn(ctx, item)
		}
	}
	c.setOut()
}

// turn asks a canary to be put back, and ends what it waits for. One that waits for the others of the cell before its last
// step goes back while they go on.
func (c *cell) turn(ctx workflow.Context, item *workflows.Canary) {
	if item.Step == workflows.RevokeStep && item.State == workflows.Migrating && len(c.telling) > 0 && !c.isTold(item) {
		item.State = workflows.Migrated
		canary.Return(ctx, item, c)
		return
	}
	item.TurnBack = true
	c.runs.release(item.Recorded.Name, canary.ErrTurningBack)
}

// isTold reports whether the story of a canary is being told.
func (c *cell) isTold(item *workflows.Canary) bool {
	for i := range c.canaries {
		if &c.canaries[i] == item {
			return c.telling[i]
		}
	}
	return false
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

// cancelled lets a canary rest whose turn has not come. One that was to be taken up again rests as before.
func cancelled(ctx workflow.Context, item *workflows.Canary) {
	if item.Earlier != nil {
		*item = *item.Earlier
		return
	}
	item.Updated = workflow.Now(ctx)
	item.State = workflows.CanaryCancelled
	item.Problem = &workflows.Problem{
		Reason:   workflows.Cancelled,
		Message:  fmt.Sprintf("The migration was cancelled before the turn of canary %s came.", item.Recorded.Name),
		NextStep: "Retry this migration, or create a new one for it.",
	}
}
