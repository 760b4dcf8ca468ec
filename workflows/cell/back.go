package cell

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// mustReturn reports whether the migration is rolled back and the cell has yet to put its canaries back.
func (c *cell) mustReturn() bool { return c.orders.back && !c.report.Returned }

// turnBack turns every canary that can be put back towards its recorded settings. Those that can't stay, with the
// reason.
func (c *cell) turnBack(ctx workflow.Context) {
	for i := range c.canaries {
		if item := &c.canaries[i]; returnable(*item) {
			canary.Return(ctx, item, c)
		}
	}
	c.claimed = false // what was given back at the end of the migration is claimed again
	c.enter(workflows.CellReturning)
}

// returnable reports whether a canary may have other settings or access than the plan recorded.
func returnable(item workflows.Canary) bool {
	switch item.State {
	case workflows.Migrated, workflows.Unverified:
		return true
	case workflows.CanaryFailed:
		return !didNotStay(item)
	default:
		return false
	}
}

// listenForConfirmations takes confirmations as they come.
func (c *cell) listenForConfirmations(ctx workflow.Context) {
	c.confirmations = workflow.GetSignalChannel(ctx, workflows.ConfirmSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return c.confirmations.Len() > 0 }) == nil {
			c.drainConfirmations()
		}
	})
}

// drainConfirmations takes the confirmations that have been delivered: the source of canaries was changed, so their old
// access need not be held for it any more.
func (c *cell) drainConfirmations() {
	var in workflows.Confirmation
	for c.confirmations.ReceiveAsync(&in) {
		for i := range c.canaries {
			item := &c.canaries[i]
			named := len(in.Canaries) == 0 || slices.Contains(in.Canaries, item.Recorded.Name)
			if named && item.Hold != nil && item.Hold.Reason == workflows.ManagedByIaC {
				item.Confirmed, c.confirmed = true, true
			}
		}
		c.Changed()
		in = workflows.Confirmation{}
	}
}
