package cell

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// isWithheld reports whether a pause holds the removal of a pair, or of what is left of it.
func isWithheld(r workflows.RevokeResult) bool {
	return r.Held != nil && r.Held.Reason == workflows.Paused
}

// withheld are the pairs that a pause holds.
func withheld(lists []workflows.RevokePair, results map[workflows.Pair]workflows.RevokeResult) []workflows.Pair {
	var pairs []workflows.Pair
	for _, list := range lists {
		if isWithheld(results[list.Pair]) {
			pairs = append(pairs, list.Pair)
		}
	}
	return pairs
}

// allHeld are results of pairs of which nothing was done.
func allHeld(lists []workflows.RevokePair, because *workflows.Problem) []workflows.RevokeResult {
	var results []workflows.RevokeResult
	for _, list := range lists {
		results = append(results, workflows.RevokeResult{Pair: list.Pair, Held: because})
	}
	return results
}

// settleWithheld removes what a pause held, once that is over, and watches what is gone until then. What is to be put back comes
// before that.
func (c *cell) settleWithheld(ctx workflow.Context) error {
	for len(c.withheld) > 0 {
		if err := c.awaitDirective(ctx, c.isShut); err != nil {
			return err
		}
		if err := c.watch(ctx); err != nil {
			return err
		}
		if err := workflow.Await(ctx, func() bool { return !c.isShut() || c.mustTurn() }); err != nil {
			return err
		}
		if c.mustSetBack() || c.turnBackAsked(ctx) {
			return nil // the way back ends with another look
		}
		if c.isShut() {
			continue
		}
		lists := slices.DeleteFunc(c.removable(), func(l workflows.RevokePair) bool { return !slices.Contains(c.withheld, l.Pair) })
		if c.withheld = nil; len(lists) == 0 {
			return nil
		}
		if err := c.revokeAgain(ctx, lists); err != nil {
			return err
		}
	}
	return nil
}
