package cell

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// undo holds all pairs of a removal of which it is not known how far it came: what may be gone is given again.
func (c *cell) undo(ctx workflow.Context, lists []workflows.RevokePair, because *workflows.Problem) []workflows.RevokeResult {
	var results []workflows.RevokeResult
	for _, list := range lists {
		r := workflows.RevokeResult{Pair: list.Pair, Held: because}
		if !list.Withdraw {
			r.Revoked = c.giveBack(ctx, list.Changes)
		}
		if len(r.Revoked) > 0 {
			r.Held = notRestored(because)
		}
		results = append(results, r)
	}
	return results
}

// giveBack gives removed access again, and answers what of it could not be given.
func (c *cell) giveBack(ctx workflow.Context, changes []workflows.AccessChange) (missing []workflows.AccessChange) {
	for _, change := range changes {
		again := change
		again.GrantID, again.There = "", false // a grant gets another id, and whatever it is takes effect with a delay
		var given workflows.Effective
		if err := c.ensure(ctx, &again, true, workflows.Subject{}).Get(ctx, &given); err != nil { // no pause holds what gives back
			workflow.GetLogger(ctx).Error("removed access can't be given again", "access", change, "error", err)
			missing = append(missing, change)
			continue
		}
		c.isThereAgain(given.Change)
	}
	return missing
}

// isThereAgain notes on every canary whose plan lists it that access is there again: a grant has another id, and what was
// told as revoked is held.
func (c *cell) isThereAgain(given workflows.AccessChange) {
	anyID := given
	anyID.GrantID = ""
	is := func(change workflows.AccessChange) bool { // grants without a name are told apart by their terms
		return change.Same(anyID) && change.Document == given.Document
	}
	for i := range c.canaries {
		item := &c.canaries[i]
		for j := range item.Revokes {
			if is(item.Revokes[j]) && given.GrantID != "" {
				item.Revokes[j].GrantID = given.GrantID
			}
		}
		if item.OldAccess == nil || !slices.ContainsFunc(item.OldAccess.Revoked, is) {
			continue
		}
		item.OldAccess = &workflows.OldAccess{
			State: workflows.OldAccessHeld, Held: c.givenAgain(given),
			Revoked: slices.DeleteFunc(slices.Clone(item.OldAccess.Revoked), is),
		}
	}
}

func (c *cell) givenAgain(change workflows.AccessChange) *workflows.Problem {
	pair := change.Pair()
	return &workflows.Problem{
		Reason:   workflows.OldAccessInUse,
		Message:  fmt.Sprintf("The access of %s to %s was given again, for canaries that go back to it.", pair.RoleARN, pair.KeyARN),
		NextStep: "It is looked at again before the migration closes.",
		Metadata: map[string]string{"migration_id": c.in.Migration},
	}
}

// restore gives the removed access of a pair again, and holds it. What could not be given stays among the revoked. Its use
// is registered first, so that no other cell or migration removes it once more.
func (c *cell) restore(ctx workflow.Context, d workflows.Denial) {
	i := slices.IndexFunc(c.watching, func(w workflows.Watching) bool { return w.Pair == d.Pair })
	if i < 0 {
		return
	}
	if err := c.use(ctx, d.Pair); err != nil {
		workflow.GetLogger(ctx).Error("the use of restored access can't be registered", "pair", d.Pair, "error", err)
	}
	missing := c.giveBack(ctx, c.watching[i].Removed)
	c.watching = slices.Delete(c.watching, i, i+1)
	about := func(r workflows.AccessChange) bool { return r.Pair() == d.Pair }
	for i := range c.canaries {
		if item := &c.canaries[i]; migrated(*item) && slices.ContainsFunc(item.Revokes, about) {
			held(item, d, missing)
		}
	}
	c.Changed()
}

// held records that a canary's old access of a pair was restored, or what of it is missing; what is missing of another pair
// goes on being told. A review does not remove it again.
func held(item *workflows.Canary, d workflows.Denial, missing []workflows.AccessChange) {
	others := slices.DeleteFunc(slices.Clone(item.OldAccess.Revoked), func(r workflows.AccessChange) bool { return r.Pair() == d.Pair })
	now := &workflows.OldAccess{State: workflows.OldAccessHeld, Held: d.Problem, Revoked: append(others, missing...)}
	switch {
	case len(missing) > 0:
		now.State, now.Held = workflows.OldAccessRevoked, notRestored(d.Problem)
	case item.Hold != nil && item.Hold.Reason == workflows.AccessNotRestored:
		now.State, now.Held = workflows.OldAccessRevoked, item.Hold
	}
	item.OldAccess, item.Hold = now, now.Held
}

// notRestored is the problem of access that a run misses and that could not be given again.
func notRestored(denied *workflows.Problem) *workflows.Problem {
	p := *denied
	p.Reason = workflows.AccessNotRestored
	p.Message = "Removed access may be missed, and could not be given again. " + p.Message
	p.NextStep = "Give the role the access by hand, now; the worker's log says what was in the way."
	return &p
}
