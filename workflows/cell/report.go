package cell

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// reporter tells the migration how the cell is. One report is on its way at a time: what changes meanwhile goes
// into the next, so that a busy cell sends no more than its migration takes.
type reporter struct {
	changed  int64 // grows with every change
	reported int64 // what of it the migration knows
	orphaned bool  // the migration is gone
}

// Changed is told whenever something of the report or of a canary has changed.
func (c *cell) Changed() { c.reporter.changed++ }

func (c *cell) reportLoop(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return c.reporter.changed > c.reporter.reported }); err != nil {
			return
		}
		known := c.reporter.changed
		c.count()
		signal := workflow.SignalExternalWorkflow(ctx, workflows.MigrationID(c.in.Migration), "", workflows.ReportSignal, c.report)
		if err := signal.Get(ctx, nil); err != nil {
			c.orphan(ctx, err)
		}
		c.reporter.reported = known
	}
}

// orphan ends a cell whose migration is gone at its next safe point: nothing more is begun.
func (c *cell) orphan(ctx workflow.Context, err error) {
	workflow.GetLogger(ctx).Warn("the migration can't be told; ending", "error", err)
	c.reporter.orphaned = true
	c.orders.take(workflows.Close)
}

// awaitReported waits until the migration knows everything.
func (c *cell) awaitReported(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return c.reporter.orphaned || c.reporter.reported == c.reporter.changed })
}

// count brings the report's numbers up to date.
func (c *cell) count() {
	r := &c.report
	r.Sequence++
	r.States, r.Steps, r.Held = map[workflows.CanaryState]int{}, map[workflows.Step]int{}, 0
	for _, item := range c.canaries {
		r.States[item.State]++
		if item.State == workflows.Migrating {
			r.Steps[item.Step]++
		}
		if item.OldAccess != nil && item.OldAccess.State == workflows.OldAccessHeld {
			r.Held++
		}
	}
}
