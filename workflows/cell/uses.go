package cell

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
)

// use registers that the cell needs a pair. While the pair's access is being revoked, it waits.
func (c *cell) use(ctx workflow.Context, pair workflows.Pair) error {
	return call.Run(ctx, call.Registry, workflows.ClaimActivity, "register the use of what is given again",
		workflows.ClaimInput{Account: c.in.Cell.Account, Holder: c.holder(), Uses: []workflows.Pair{pair}})
}

// endUses gives up the uses of all pairs but those that a canary may still need: they stay registered until the cell
// closes, so that no other cell or migration takes the access away.
func (c *cell) endUses(ctx workflow.Context) error {
	var pairs []workflows.Pair
	for _, item := range c.canaries {
		pairs = append(pairs, uses(item)...)
	}
	keep := slices.Concat(c.keptPairs(), c.pairs())
	pairs = slices.DeleteFunc(distinct(pairs), func(p workflows.Pair) bool { return slices.Contains(keep, p) })
	if len(pairs) == 0 {
		return nil
	}
	return call.Run(ctx, call.Registry, workflows.EndUsesActivity, "end the uses of the keys",
		workflows.LeaseInput{Account: c.in.Cell.Account, Holder: c.holder(), Pairs: pairs})
}

// keptPairs are those that canaries of the cell may still need.
func (c *cell) keptPairs() []workflows.Pair {
	var pairs []workflows.Pair
	for _, item := range c.canaries {
		pairs = append(pairs, kept(item)...)
	}
	return distinct(pairs)
}
