package cell

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// afterPause is how long, in real time, a cell waits after a worker found the gate shut: the directive that says so may
// still be on its way.
const afterPause = 2 * time.Second

// Resumed waits while a canary is paused.
func (c *cell) Resumed(ctx workflow.Context, by *workflows.Canary) error {
	if !c.shut(by) {
		return nil
	}
	if err := workflow.Await(ctx, func() bool { return !c.shut(by) || c.mustHandOn(ctx) }); err != nil {
		return err
	}
	if c.shut(by) {
		return canary.ErrHandedOn
	}
	return nil
}

// Reopened waits until a canary is resumed of which a worker held a change.
func (c *cell) Reopened(ctx workflow.Context, by *workflows.Canary) error {
	if err := workflow.Sleep(ctx, afterPause); err != nil {
		return err
	}
	return c.Resumed(ctx, by)
}

// isHeldBack reports whether a canary is paused and the cell is not: what the cell does for all goes on without it.
func (c *cell) isHeldBack(item workflows.Canary) bool {
	return c.shut(&item) && !c.steering.Gate.Shut(c.in.Cell, c.steering.Wave, "")
}

// reopened is Reopened for what the cell changes on its own behalf and that of canaries. It is finished before the cell hands
// on.
func (c *cell) reopened(ctx workflow.Context, of []workflows.Subject) error {
	if err := workflow.Sleep(ctx, afterPause); err != nil {
		return err
	}
	shut := func(s workflows.Subject) bool { return c.steering.Gate.Shut(s.Cell, s.Wave, s.Canary) }
	return workflow.Await(ctx, func() bool { return !shut(c.itself()) && !slices.ContainsFunc(of, shut) })
}
