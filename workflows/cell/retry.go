package cell

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/planning"
)

// retry plans the canaries of a part anew that did not get to the end. What has the new settings goes on where it stopped;
// what was migrated and has old access held is looked at again; the others get a new plan, as the first time.
func (c *cell) retry(ctx workflow.Context, task workflows.Task) {
	c.report.Retried, c.report.Digest, c.report.Plan = 0, "", workflows.PlanCount{}
	var names []string
	for _, item := range c.covered(task.Part) {
		if retryable(*item) && (len(task.Names) == 0 || slices.Contains(task.Names, item.Recorded.Name)) {
			names = append(names, item.Recorded.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	phase := c.report.Phase
	c.enter(workflows.CellPlanning)
	again, err := c.planAgain(ctx, names, task.Wave)
	if err != nil {
		c.notRetried(names, failure.Problem(err))
		c.enter(phase)
		return
	}
	c.replace(ctx, again.Canaries)
	c.report.Digest, c.report.Plan, c.report.Forecast = again.Digest, again.Counts, again.Forecast
	c.report.Retried = c.report.Plan.ToMigrate
	c.report.Reviews = c.orders.reviews // those of before the retry
	if c.report.Retried > 0 {
		phase = workflows.CellWaiting
	}
	c.enter(phase)
}

// retryable reports whether a canary did not get to the end that its plan had for it, or has old access held.
func retryable(item workflows.Canary) bool {
	switch item.State {
	case workflows.Migrated:
		return item.IsHeld()
	case workflows.CanaryFailed, workflows.Blocked, workflows.Unverified, workflows.CanaryCancelled, workflows.Returned:
		return true
	default:
		return false
	}
}

// planAgain reads the cell anew, and plans the canaries of the names. Like every plan it is kept in the history as it was made.
func (c *cell) planAgain(ctx workflow.Context, names []string, wave int) (planning.Frozen, error) {
	observed, err := c.observe(ctx, names)
	if err != nil {
		return planning.Frozen{}, err
	}
	var frozen planning.Frozen
	err = workflow.SideEffect(ctx, func(workflow.Context) any {
		again := planning.FreezeOnly(observed, c.renewed(planning.Freeze(observed).Canaries, names, wave, observed.Census.Dated))
		if !c.isApart() {
			return again
		}
		return within(maxAgain, again)
	}).Get(&frozen)
	if err == nil && c.isApart() && frozen.Bytes > maxAgain {
		err = failure.Refuse(tooManyAgain(c.in.Cell, len(names)))
	}
	return frozen, err
}

// maxAgain is how many bytes of JSON the items of a retry may have, each with the one that it takes the place of: a history holds 2 MB
// in one event (Temporal limits).
const maxAgain = 1_500_000

func tooManyAgain(cell workflows.Cell, canaries int) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CellTooLarge,
		Message:  fmt.Sprintf("%d canaries of account %s in %s are more than can be planned anew at a time.", canaries, cell.Account, cell.Region),
		NextStep: "Retry fewer of them at a time, by their names.",
		Metadata: map[string]string{"account_id": cell.Account, "region": cell.Region, "canaries": strconv.Itoa(canaries)},
	}
}

// renewed are the items of the names as they are planned anew. It changes nothing of the cell.
func (c *cell) renewed(plan []workflows.Canary, names []string, wave int, dated time.Time) []workflows.Canary {
	var again []workflows.Canary
	for _, item := range c.canaries {
		if !slices.Contains(names, item.Recorded.Name) {
			continue
		}
		renewed, ok := renew(item, plan, dated)
		switch {
		case !ok:
			continue
		case renewed.State == workflows.Pending:
			renewed.Wave, renewed.Earlier, renewed.Retries = new(wave), &item, item.Retries+1
		case unsettled(item) || leaves(item):
			item.Problem = renewed.Problem // of the first plan there is still something to be put back
			renewed = item
		default:
			renewed.Wave, renewed.Retries = item.Wave, item.Retries+1
		}
		again = append(again, renewed)
	}
	return again
}

// replace puts items that were planned anew in the place of those of before.
func (c *cell) replace(ctx workflow.Context, again []workflows.Canary) {
	for _, item := range again {
		for i := range c.canaries {
			if c.canaries[i].Recorded.Name == item.Recorded.Name {
				item.Updated = workflow.Now(ctx)
				c.canaries[i] = item
			}
		}
	}
}

// renew is an item as it is planned anew; false where it stays as it is: its canary is gone, or has nothing to be looked at.
func renew(item workflows.Canary, plan []workflows.Canary, dated time.Time) (workflows.Canary, bool) {
	i := slices.IndexFunc(plan, func(p workflows.Canary) bool { return p.Recorded.ID == item.Recorded.ID })
	if i < 0 {
		return item, false
	}
	now := plan[i]
	switch {
	case item.State == workflows.Migrated:
		return lookAgain(item), true
	case hasNewSettings(item, now):
		return goOn(item, now, dated)
	}
	takeOver(&now, item)
	return now, true
}

// takeOver has a new plan answer for what an earlier attempt gave: it takes that back if need be, or revokes what it has no
// use for.
func takeOver(now *workflows.Canary, item workflows.Canary) {
	for i := range now.Grants {
		if slices.ContainsFunc(made(item), now.Grants[i].Same) {
			now.Grants[i].There = false
		}
	}
	for _, change := range made(item) {
		needed := slices.Contains(uses(*now), change.Pair()) || change.Location != "" && change.Location == now.ToLocation
		if !needed && !slices.ContainsFunc(item.Withdrawn, change.Same) {
			change.Why = "an earlier attempt of this migration made it"
			now.Revokes = append(now.Revokes, change)
		}
	}
}

// hasNewSettings reports whether a canary that is not known to be back has the settings that it was to have.
func hasNewSettings(item, now workflows.Canary) bool {
	return unsettled(item) && now.Recorded.From == item.To && now.Recorded.Location == item.ToLocation
}

// lookAgain has the old access of a migrated canary looked at again. Access that was restored for a run that missed it is
// removed once more if nobody needs it: whoever retries says that what was in the way is mended.
func lookAgain(item workflows.Canary) workflows.Canary {
	if isRestored(item.Hold) {
		item.Hold = nil
	}
	item.State, item.Step = workflows.Pending, workflows.RevokeStep
	return item
}

// goOn has a canary that has the new settings go on at the run that proves them, or at its baseline. One that does not run
// stays as it is.
func goOn(item, now workflows.Canary, dated time.Time) (workflows.Canary, bool) {
	if item.Proving == workflows.Unproven {
		if now.Recorded.State != "RUNNING" {
			return item, false
		}
		item.Proving = workflows.ByRun
	}
	if item.Since.IsZero() {
		item.Since = dated
	}
	item.State, item.Deadline, item.Problem = workflows.Pending, time.Time{}, nil
	if item.Step != workflows.BaselineStep {
		item.Step = workflows.RunStep
	}
	return item, true
}

// notRetried says on each canary why it could not be planned anew.
func (c *cell) notRetried(names []string, because *workflows.Problem) {
	for i := range c.canaries {
		if item := &c.canaries[i]; slices.Contains(names, item.Recorded.Name) {
			item.Notices = append(item.Notices, *because)
		}
	}
}
