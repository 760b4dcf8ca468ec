package fleet

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
)

// Census reads a page of one cell's canaries. A cell that can't be read is an answer too.
func Census(ctx workflow.Context, in workflows.CensusPageInput) (workflows.CensusPage, error) {
	// Whoever has waited in vain asks this, to learn whether a worker is at it.
	if err := workflow.SetQueryHandler(ctx, workflows.AliveQuery, func() (bool, error) { return true, nil }); err != nil {
		return workflows.CensusPage{}, err
	}
	page, err := call.Do[workflows.CensusPage](ctx, call.Glance, workflows.ReadCanariesActivity, "read the canaries", in.Census)
	if err != nil {
		return workflows.CensusPage{Problem: unread(in.Census.Cell, err)}, nil
	}
	pairs := pairs(page.Canaries)
	if !in.Access || len(pairs) == 0 {
		return page, nil
	}
	survey, err := call.Do[workflows.Survey](ctx, call.Glance, workflows.SurveyAccessActivity, "survey the access that exists",
		workflows.SurveyInput{Cell: in.Census.Cell, Old: pairs, RemoveForeign: true})
	if err != nil {
		page.Problem = unread(in.Census.Cell, err)
		return page, nil
	}
	for i, c := range page.Canaries {
		if pair, ok := c.Pair(); ok {
			page.Canaries[i].Access = accessOf(pair, survey)
		}
	}
	return page, nil
}

// pairs are the roles and keys of canaries, each once.
func pairs(canaries []workflows.FleetCanary) []workflows.Pair {
	var list []workflows.Pair
	for _, c := range canaries {
		if pair, ok := c.Pair(); ok && !slices.Contains(list, pair) {
			list = append(list, pair)
		}
	}
	return list
}

// accessOf is what a survey found of a pair: what is for this key alone, and what is wider or could not be read, with the
// reason. What could not be listed must not look like none.
func accessOf(pair workflows.Pair, survey workflows.Survey) []workflows.AccessChange {
	var list []workflows.AccessChange
	for _, change := range survey.Old {
		if change.Pair() == pair {
			change.Document = "" // for putting it back; nobody is going to
			list = append(list, change)
		}
	}
	for _, left := range survey.Left {
		if left.Change.Pair() == pair {
			left.Change.Why = left.Why
			list = append(list, left.Change)
		}
	}
	if slices.Contains(survey.Unlisted, pair) {
		list = append(list, workflows.AccessChange{
			Method: workflows.ByGrant, RoleARN: pair.RoleARN, KeyARN: pair.KeyARN,
			Why: fmt.Sprintf("whether there are grants is not known: those on %s could not be listed", pair.KeyARN),
		})
	}
	return list
}
