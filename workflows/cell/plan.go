package cell

import (
	"fmt"
	"strconv"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
	"rekey/workflows/planning"
)

// plan reads the cell and freezes what would be done in it. A cell that can't be read is an outcome of its own,
// not the end of the migration.
func (c *cell) plan(ctx workflow.Context) {
	observed, err := c.observe(ctx)
	if err != nil {
		c.report.Problem = failure.Problem(err)
		c.enter(workflows.CellPlanned)
		return
	}
	frozen, err := freeze(ctx, observed)
	if err != nil {
		c.report.Problem = failure.Problem(err)
		c.enter(workflows.CellPlanned)
		return
	}
	if p := tooLarge(c.in.Cell, frozen); p != nil {
		c.report.Problem = p
		c.enter(workflows.CellPlanned)
		return
	}
	c.canaries, c.report.Digest, c.report.Plan = frozen.Canaries, frozen.Digest, frozen.Counts
	now := workflow.Now(ctx)
	for i := range c.canaries {
		c.canaries[i].Updated = now
	}
	c.enter(workflows.CellPlanned)
}

// observe is the reading part of planning.
func (c *cell) observe(ctx workflow.Context) (planning.Observed, error) {
	o := planning.Observed{Cell: c.in.Cell, Target: c.in.Spec.Target}
	var err error
	o.Census, err = call.Do[workflows.Census](ctx, call.Read, workflows.TakeCensusActivity, "take the census",
		workflows.CensusInput{Cell: c.in.Cell, NamePatterns: c.in.Spec.NamePatterns})
	if err != nil {
		return o, err
	}
	pairs := planning.Pairs(o.Census, o.Target)
	if len(pairs) == 0 {
		return o, nil
	}
	o.Survey, err = call.Do[workflows.Survey](ctx, call.Read, workflows.SurveyAccessActivity, "survey the access that exists",
		workflows.SurveyInput{Cell: c.in.Cell, Pairs: pairs, Keys: targetKeys(pairs, o.Target)})
	return o, err
}

// targetKeys are the target's keys that the cell's canaries would use.
func targetKeys(pairs []workflows.Pair, target workflows.Target) []string {
	var keys []string
	for _, key := range target.KeyARNs {
		for _, pair := range pairs {
			if pair.KeyARN == key {
				keys = append(keys, key)
				break
			}
		}
	}
	return keys
}

// freeze makes the plan, and keeps it in the history as it was made: a later version of the planner must not
// change, on replay, what was approved.
func freeze(ctx workflow.Context, observed planning.Observed) (planning.Frozen, error) {
	var frozen planning.Frozen
	err := workflow.SideEffect(ctx, func(workflow.Context) any {
		return planning.Freeze(observed)
	}).Get(&frozen)
	return frozen, err
}

// maxItems is how many bytes of JSON the items of a cell may have when they are frozen. They grow to about three times
// that on their way, and a run hands all of them on in one payload, which may have 2 MB (Temporal limits). AWS's default
// quota of 200 canaries in a cell stays far below it (planning.TestSizeOfAPlan).
const maxItems = 600_000

// tooLarge is why the plan of a cell can't be held, nil when it can.
func tooLarge(cell workflows.Cell, frozen planning.Frozen) *workflows.Problem {
	if frozen.Bytes <= maxItems {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.CellTooLarge,
		Message:  fmt.Sprintf("Account %s in %s has %d selected canaries, more than one plan of a cell can hold.", cell.Account, cell.Region, len(frozen.Canaries)),
		NextStep: "Select fewer of them by name patterns, in several migrations.",
		Metadata: map[string]string{"account_id": cell.Account, "region": cell.Region, "canaries": strconv.Itoa(len(frozen.Canaries))},
	}
}
