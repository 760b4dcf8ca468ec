package cell

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// isAsked reports whether the migration asks a cell that waits or rests for something: canaries to begin or to put back,
// tasks, or the bake of a wave.
func (c *cell) isAsked() bool {
	return c.hasToTell() || c.hasToTurnBack() || len(c.steering.doing) > 0 || c.mustBake()
}

// answer does what the migration asks for.
func (c *cell) answer(ctx workflow.Context) error {
	switch {
	case c.turnBackAsked(ctx), c.hasToTell():
		c.claimed = c.claimed && c.report.Phase == workflows.CellWaiting // a resting cell has released its claims
		c.enter(workflows.CellRunning)
		return nil
	case len(c.steering.doing) > 0:
		return c.do(ctx, c.steering.doing[0])
	case c.mustBake():
		return c.bake(ctx)
	}
	return nil
}

// do carries out a task that takes time.
func (c *cell) do(ctx workflow.Context, task workflows.Task) error {
	switch task.Kind {
	case workflows.RetryTask:
		c.retry(ctx, task)
	case workflows.ExportTask:
		c.export(ctx, task)
	default: // was carried out when it came
	}
	c.steering.doing = c.steering.doing[1:]
	c.Changed()
	return ctx.Err()
}
