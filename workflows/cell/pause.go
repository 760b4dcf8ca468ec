package cell

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/canary"
	"rekey/workflows/failure"
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

// reopened is Reopened for what the cell changes on its own behalf. It is finished before the cell hands on.
func (c *cell) reopened(ctx workflow.Context) error {
	if err := workflow.Sleep(ctx, afterPause); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return !c.steering.Gate.Shut(c.in.Cell, c.steering.Wave, "") })
}

// revokeWhenOpen calls the activity that removes access, and again when a pause that held it is over.
func (c *cell) revokeWhenOpen(ctx workflow.Context, in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
	for {
		results, err := call.Do[[]workflows.RevokeResult](ctx, call.Change, workflows.RevokeActivity, "revoke what nobody needs", in)
		if !failure.Is(err, workflows.Paused) {
			return results, err
		}
		if err := c.reopened(ctx); err != nil {
			return nil, err
		}
	}
}

// takeOut takes a role out of a key's policy, and waits while that is paused.
func (c *cell) takeOut(ctx workflow.Context, change workflows.AccessChange) error {
	for {
		_, err := c.ensure(ctx, change, false, c.itself())
		if !failure.Is(err, workflows.Paused) {
			return err
		}
		if err := c.reopened(ctx); err != nil {
			return err
		}
	}
}
