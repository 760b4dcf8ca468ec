package cell

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// waits are what stories wait for that may be called off, in the order in which they began.
type waits struct {
	open []*waited
}

// waited is one of them.
type waited struct {
	cancel workflow.CancelFunc
}

// end calls them all off.
func (w *waits) end() {
	for _, c := range slices.Clone(w.open) {
		c.cancel()
	}
}

// Wait is a context for a call that a story waits for, which ends when the cell hands on. Cells of before FormatPrompt let it
// come to its end.
func (c *cell) Wait(ctx workflow.Context) (waiting workflow.Context, done func()) {
	if c.in.Format < workflows.FormatPrompt {
		return ctx, func() {}
	}
	waiting, cancel := workflow.WithCancel(ctx)
	if c.handingOn {
		cancel()
	}
	one := &waited{cancel}
	c.waits.open = append(c.waits.open, one)
	return waiting, func() {
		c.waits.open = slices.DeleteFunc(c.waits.open, func(other *waited) bool { return other == one })
		cancel()
	}
}
