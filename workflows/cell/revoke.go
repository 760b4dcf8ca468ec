package cell

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// settleAccess is the last step, for all canaries of the cell at once, because they share roles: the old access is
// revoked where nobody needs it, and so is new access that was given for canaries that did not stay on the new
// settings. The cell gives up its own uses first, then asks for the exclusive lease.
func (c *cell) settleAccess(ctx workflow.Context) error {
	lists := c.removable()
	if err := c.endUses(ctx); err != nil {
		return err
	}
	results := map[workflows.Pair]workflows.RevokeResult{}
	if len(lists) > 0 {
		var err error
		if results, err = c.revoke(ctx, lists); err != nil {
			return err
		}
	}
	c.record(ctx, results)
	return nil
}

// review looks again at access that is held: what was in the way may be gone.
func (c *cell) review(ctx workflow.Context) {
	c.confirmed = false
	reviews := c.orders.reviews
	var lists []workflows.RevokePair
	for _, list := range c.removable() {
		if c.holds(list.Pair) {
			list.Rebased = nil // that was long ago: baselines are looked at
			lists = append(lists, list)
		}
	}
	if len(lists) > 0 {
		err := c.revokeAgain(ctx, lists)
		if err == nil {
			err = c.settleWithheld(ctx)
		}
		if err != nil {
			workflow.GetLogger(ctx).Warn("a review ended early", "error", err)
		}
	}
	c.report.Reviews = reviews
	c.Changed()
}

// revokeAgain removes held access that nobody needs any more. Other cells of the migration may be at the same: they are
// let go first, a few times over.
func (c *cell) revokeAgain(ctx workflow.Context, lists []workflows.RevokePair) error {
	if err := c.endUses(ctx); err != nil {
		return err
	}
	results, err := c.revoke(ctx, lists)
	for range siblingTurns {
		if err != nil || !slices.ContainsFunc(lists, func(l workflows.RevokePair) bool { return c.isWithSibling(results[l.Pair]) }) {
			break
		}
		if err := workflow.Sleep(ctx, siblingTurn); err != nil {
			return err
		}
		results, err = c.revoke(ctx, lists)
	}
	if err != nil {
		return err
	}
	c.record(ctx, results)
	return c.watch(ctx)
}

// How often and how long, in real time, a review waits for another cell of the migration.
const (
	siblingTurns = 3
	siblingTurn  = 5 * time.Second
)

// isWithSibling reports whether a pair is held because another cell of the migration has it.
func (c *cell) isWithSibling(r workflows.RevokeResult) bool {
	return r.Held != nil && r.Held.Metadata["migration_id"] == c.in.Migration && r.Held.Metadata["region"] != ""
}

// holds reports whether access to a pair is held: old access, or new access that was not taken back.
func (c *cell) holds(pair workflows.Pair) bool {
	about := func(change workflows.AccessChange) bool { return change.Pair() == pair }
	return slices.ContainsFunc(c.canaries, func(item workflows.Canary) bool {
		old := item.OldAccess != nil && item.OldAccess.State == workflows.OldAccessHeld && slices.ContainsFunc(item.Revokes, about)
		return old || leaves(item) && slices.ContainsFunc(made(item), about)
	})
}

// revoke removes what the pairs list. What a pause holds of it is told as withheld; before FormatApart it was waited for. Others that
// need the pairs don't wait for that.
func (c *cell) revoke(ctx workflow.Context, lists []workflows.RevokePair) (map[workflows.Pair]workflows.RevokeResult, error) {
	asked := workflow.Now(ctx)
	for {
		results, paused, err := c.revokeUnderLease(ctx, lists, asked)
		if err != nil || !paused || c.isApart() {
			c.withheld = withheld(lists, results)
			return results, err
		}
		if err := c.reopened(ctx, c.owners(lists)); err != nil {
			return nil, err
		}
		for i := range lists { // much may have happened since
			lists[i].Needed = c.needed(lists[i].Pair)
		}
	}
}

// revokeUnderLease asks for the leases, looks and removes under them, and gives them back. It reports whether a pause held
// the removal: what is gone by then counts as removed in the next turn.
func (c *cell) revokeUnderLease(ctx workflow.Context, lists []workflows.RevokePair, asked time.Time) (map[workflows.Pair]workflows.RevokeResult, bool, error) {
	lease := workflows.LeaseInput{Account: c.in.Cell.Account, Holder: c.holder()}
	for _, list := range lists {
		lease.Pairs = append(lease.Pairs, list.Pair)
	}
	leased, err := call.Do[workflows.LeaseResult](ctx, call.Registry, workflows.LeaseActivity, "lease the access to revoke", lease)
	if err != nil {
		return nil, false, err
	}
	results := map[workflows.Pair]workflows.RevokeResult{}
	for _, busy := range leased.Busy {
		results[busy.Pair] = workflows.RevokeResult{Pair: busy.Pair, Held: usedBy(busy)}
	}
	lists = slices.DeleteFunc(slices.Clone(lists), func(l workflows.RevokePair) bool { return !slices.Contains(leased.Leased, l.Pair) })
	paused := false
	if len(lists) > 0 {
		var removed []workflows.RevokeResult
		removed, paused = c.remove(ctx, lists, asked)
		for _, r := range removed {
			results[r.Pair] = r
		}
	}
	lease.Pairs = leased.Leased
	return results, paused, call.Run(ctx, call.Registry, workflows.EndLeaseActivity, "end the leases", lease)
}

// owners are the migrated canaries whose old access is removed. Before FormatApart those were among them whose access stays.
func (c *cell) owners(lists []workflows.RevokePair) []workflows.Subject {
	var of []workflows.Subject
	for i := range c.canaries {
		item := &c.canaries[i]
		is := func(change workflows.AccessChange) bool {
			return slices.ContainsFunc(lists, func(l workflows.RevokePair) bool {
				return l.Pair == change.Pair() && (l.Needed == nil || !c.isApart())
			})
		}
		if migrated(*item) && slices.ContainsFunc(item.Revokes, is) {
			of = append(of, c.Subject(item))
		}
	}
	return of
}

// remove removes access that is leased, key policies' by their owner after nobody was seen in need of the pair. It reports
// whether a pause held it.
func (c *cell) remove(ctx workflow.Context, lists []workflows.RevokePair, asked time.Time) ([]workflows.RevokeResult, bool) {
	in := workflows.RevokeInput{Cell: c.in.Cell, Pairs: lists, Poll: c.Poll(5 * time.Second), By: c.itself()}
	if c.in.Format > 0 {
		in.Asked, in.Of, in.Partly = asked, c.owners(lists), c.isApart()
	}
	results, err := call.Do[[]workflows.RevokeResult](ctx, call.Change, workflows.RevokeActivity, "revoke what nobody needs", in)
	if failure.IsPause(err) {
		return allHeld(lists, failure.Problem(err)), true
	}
	if err != nil {
		results = c.undo(ctx, lists, failure.Problem(err))
	}
	for i := range results {
		r := &results[i]
		for _, change := range r.Statements {
			err := c.ensure(ctx, &change, false, c.itself()).Get(ctx, nil)
			if failure.IsPause(err) && !c.isApart() {
				return nil, true
			}
			if err != nil {
				r.Held = failure.Problem(err)
				break
			}
			r.Revoked = append(r.Revoked, change)
		}
		for _, change := range r.Revoked {
			delete(c.access, key(&change))
		}
	}
	return results, slices.ContainsFunc(results, isWithheld)
}

func usedBy(busy workflows.Busy) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.OldAccessInUse,
		Message:  fmt.Sprintf("Migration %s needs the role and key in %s: for what it has under way there, or holds.", busy.Holder.Migration, busy.Holder.Region),
		NextStep: "It is looked at again when the last cell of this migration rests, and before the migration closes.",
		Metadata: map[string]string{"migration_id": busy.Holder.Migration, "region": busy.Holder.Region},
	}
}
