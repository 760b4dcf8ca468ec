package cell

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// How long, in real time, a cell waits after a worker found the gate shut: the directive that says so may still be on its way.
const (
	// afterPause is that of formats before FormatLean, whether or not the directive comes.
	afterPause = 2 * time.Second
	// directiveLag bounds the wait for it. It may have come and been taken back already, so that a canary which is resumed would
	// wait all that time for nothing; whoever asks too early is turned away once more.
	directiveLag = 500 * time.Millisecond
)

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
	if err := c.awaitDirective(ctx, func() bool { return c.shut(by) }); err != nil {
		return err
	}
	return c.Resumed(ctx, by)
}

// isHeldBack reports whether a canary is paused and the cell is not: what the cell does for all goes on without it.
func (c *cell) isHeldBack(item workflows.Canary) bool {
	return c.shut(&item) && !c.isShut()
}

// isShut reports whether what the cell does for all is paused.
func (c *cell) isShut() bool { return c.steering.Gate.Shut(c.in.Cell, c.steering.Wave, "") }

// reopened is Reopened for what the cell changes on its own behalf and that of canaries. It is finished before the cell hands
// on.
func (c *cell) reopened(ctx workflow.Context, of []workflows.Subject) error {
	shut := func(s workflows.Subject) bool { return c.steering.Gate.Shut(s.Cell, s.Wave, s.Canary) }
	held := func() bool { return shut(c.itself()) || slices.ContainsFunc(of, shut) }
	if err := c.awaitDirective(ctx, held); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return !held() })
}

// awaitDirective waits until the directive has come that shuts the gate which a worker found shut, or would have come.
func (c *cell) awaitDirective(ctx workflow.Context, shut func() bool) error {
	if !c.Lean() {
		return workflow.Sleep(ctx, afterPause)
	}
	if shut() {
		return ctx.Err() // without a timer
	}
	_, err := workflow.AwaitWithTimeout(ctx, directiveLag, shut)
	return err
}
