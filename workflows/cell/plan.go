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
	observed, err := c.observe(ctx, nil)
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
	if p := tooLarge(c.in.Cell, frozen, len(observed.Census.Canaries)); p != nil {
		c.report.Problem = p
		c.enter(workflows.CellPlanned)
		return
	}
	c.canaries, c.report.Digest, c.report.Plan = frozen.Canaries, frozen.Digest, frozen.Counts
	c.assignOnlyWave()
	c.report.Forecast = frozen.Forecast
	now := workflow.Now(ctx)
	for i := range c.canaries {
		c.canaries[i].Updated = now
	}
	if c.in.Format > 0 && c.report.Plan.ToMigrate == 0 {
		c.enter(workflows.CellResting) // the migration has nothing to steer here
		return
	}
	c.enter(workflows.CellPlanned)
}

// assignOnlyWave gives all canaries to wave 0 where there are no others, and else counts what the waves are cut from.
func (c *cell) assignOnlyWave() {
	if c.in.Format == 0 {
		return
	}
	if specs := c.in.Spec.Rollout.Waves; len(specs) > 0 {
		c.report.Classes = planning.Classes(c.canaries, specs)
		return
	}
	for i := range c.canaries {
		if item := &c.canaries[i]; item.State == workflows.Pending {
			item.Wave = new(0)
		}
	}
}

// observe is the reading part of planning: what the cell holds, which keys its canaries are to have, and what access
// there is. Names are the canaries that are looked at again, whatever they are by now; without them, those that the spec
// selects.
func (c *cell) observe(ctx workflow.Context, names []string) (planning.Observed, error) {
	spec := c.in.Spec
	if names != nil {
		spec.NamePatterns, spec.Canaries = names, workflows.CanaryFilter{}
	}
	o := planning.Observed{
		Cell: c.in.Cell, Target: spec.Target, Policies: spec.Policies, RunDeadline: spec.RunDeadline, Accounts: spec.Accounts,
		AccessSettle: spec.AccessSettle, MaxConcurrent: spec.MaxConcurrent, Edits: spec.Rollout.Edits, Scale: c.in.TimeScale,
	}
	var err error
	o.Census, err = call.Do[workflows.Census](ctx, call.Read, workflows.TakeCensusActivity, "take the census", workflows.CensusInput{
		Cell: c.in.Cell, NamePatterns: spec.NamePatterns, Filter: spec.Canaries, ManagedTags: spec.Policies.ManagedTags, Location: spec.Target.Location,
	})
	if err != nil || len(o.Census.Canaries) == 0 {
		return o, err
	}
	if regions := planning.Regions(o.Census, o.Target); len(regions) > 0 {
		o.Keys, err = call.Do[[]workflows.KeyFacts](ctx, call.Read, workflows.ResolveKeysActivity, "resolve the new keys",
			workflows.ResolveInput{Cell: c.in.Cell, Target: o.Target, Regions: regions})
		if err != nil {
			return o, err
		}
	}
	if o.Locked, err = c.locked(ctx, o.Census); err != nil {
		return o, err
	}
	o.Survey, err = call.Do[workflows.Survey](ctx, call.Read, workflows.SurveyAccessActivity, "survey the access that exists", planning.Inquiry(o))
	return o, err
}

// locked says which canaries another migration has claimed.
func (c *cell) locked(ctx workflow.Context, census workflows.Census) (map[string]workflows.Holder, error) {
	if c.in.Format == 0 {
		return nil, nil
	}
	in := workflows.LocksInput{Account: c.in.Cell.Account, Holder: c.holder()}
	for _, s := range census.Canaries {
		in.Canaries = append(in.Canaries, s.ID)
	}
	return call.Do[map[string]workflows.Holder](ctx, call.Registry, workflows.LocksActivity, "look who has claimed the canaries", in)
}

// freeze makes the plan, and keeps it in the history as it was made: a later version of the planner must not
// change, on replay, what was approved.
func freeze(ctx workflow.Context, observed planning.Observed) (planning.Frozen, error) {
	var frozen planning.Frozen
	err := workflow.SideEffect(ctx, func(workflow.Context) any {
		return within(maxItems, planning.Freeze(observed))
	}).Get(&frozen)
	return frozen, err
}

// within leaves out the items of a plan that has too many bytes of them: the history could not hold them either.
func within(most int, frozen planning.Frozen) planning.Frozen {
	if frozen.Bytes > most {
		frozen.Canaries = nil
	}
	return frozen
}

// maxItems is how many bytes of JSON the items of a cell may have when they are frozen. They grow to about three times
// that on their way, and a run hands all of them on in one payload, which may have 2 MB (Temporal limits). AWS's default
// quota of 200 canaries in a cell stays far below it (planning.TestSizeOfAPlan).
const maxItems = 600_000

// tooLarge is why the plan of a cell with so many canaries can't be held, nil when it can.
func tooLarge(cell workflows.Cell, frozen planning.Frozen, canaries int) *workflows.Problem {
	if frozen.Bytes <= maxItems {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.CellTooLarge,
		Message:  fmt.Sprintf("Account %s in %s has %d selected canaries, more than one plan of a cell can hold.", cell.Account, cell.Region, canaries),
		NextStep: "Select fewer of them by name patterns, in several migrations.",
		Metadata: map[string]string{"account_id": cell.Account, "region": cell.Region, "canaries": strconv.Itoa(canaries)},
	}
}
