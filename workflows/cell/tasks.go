package cell

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// isAsked reports whether the migration asks a cell that waits or rests for something: canaries to begin or to put back,
// tasks, or the bake of a wave.
func (c *cell) isAsked() bool {
	return c.hasToTell() || c.hasToTurnBack() || len(c.steering.doing) > 0 || c.mustBake() || c.waitsForNothing()
}

// waitsForNothing reports whether a cell that is to wait for its waves has no canary left for them: they were cancelled.
func (c *cell) waitsForNothing() bool { return c.report.Phase != workflows.CellResting && c.allRest() }

// setOut has a cell that waits or rests go to work where a task gave it something to do: at once, so that no report says
// that the task is done and the cell idle.
func (c *cell) setOut() {
	idle := c.report.Phase == workflows.CellWaiting || c.report.Phase == workflows.CellResting
	if idle && (c.hasToTurnBack() || c.waitsForNothing()) {
		c.enter(workflows.CellRunning)
	}
}

// answer does what the migration asks for.
func (c *cell) answer(ctx workflow.Context) error {
	switch {
	case c.turnBackAsked(ctx), c.hasToTell():
		c.enter(workflows.CellRunning)
		return nil
	case len(c.steering.doing) > 0:
		return c.do(ctx, c.steering.doing[0])
	case c.mustBake():
		return c.bake(ctx)
	case c.waitsForNothing():
		c.enter(workflows.CellRunning) // which sees to the access, and rests
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
	case workflows.CancelTask: // it came while something was planned
		c.cancelPart(ctx, task)
	default: // was carried out when it came
	}
	c.steering.doing = c.steering.doing[1:]
	c.Changed()
	return ctx.Err()
}
