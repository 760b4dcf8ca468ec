package cell

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/canary"
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
		if err := c.revokeAgain(ctx, lists); err != nil {
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

// rebased are the canaries whose baseline this cell knows to be where they are: confirmed under the new settings or, of
// access that is taken back, under the old ones.
func (c *cell) rebased(withdraw bool) []string {
	var ids []string
	for _, item := range c.canaries {
		confirmed := item.Baseline != nil && item.Baseline.State == workflows.BaselineConfirmed
		if !withdraw && migrated(item) && confirmed || withdraw && didNotStay(item) && (confirmed || hasOldBaseline(item)) {
			ids = append(ids, item.Recorded.ID)
		}
	}
	return ids
}

// settled is when the updates of the cell's canaries were seen settled.
func (c *cell) settled() map[string]time.Time {
	at := map[string]time.Time{}
	for _, item := range c.canaries {
		if !item.Settled.IsZero() {
			at[item.Recorded.ID] = item.Settled
		}
	}
	return at
}

// removable lists, per role and key, the access that may go: what the plan lists for revocation where the canary is
// migrated and its plan holds nothing, and what this migration made where the canary did not stay.
func (c *cell) removable() []workflows.RevokePair {
	var lists []*workflows.RevokePair
	add := func(changes []workflows.AccessChange, withdraw bool) {
		for _, change := range changes {
			pair := change.Pair()
			i := slices.IndexFunc(lists, func(l *workflows.RevokePair) bool { return l.Pair == pair })
			if i < 0 {
				i = len(lists)
				lists = append(lists, &workflows.RevokePair{
					Pair: pair, Needed: c.needed(pair), Rebased: c.rebased(withdraw), Settled: c.settled(), Withdraw: withdraw,
				})
			}
			if !slices.ContainsFunc(lists[i].Changes, change.Same) {
				lists[i].Changes = append(lists[i].Changes, change)
			}
		}
	}
	for _, item := range c.canaries {
		switch {
		case migrated(item) && !isHeld(item):
			add(item.Revokes, false)
		case didNotStay(item):
			add(made(item), true)
		}
	}
	result := make([]workflows.RevokePair, 0, len(lists))
	for _, list := range lists {
		result = append(result, *list)
	}
	return result
}

// needed is why a canary of this migration still needs the pair, though no setting shows it: its baseline, its way back,
// its viewers or its plan depends on it.
func (c *cell) needed(pair workflows.Pair) *workflows.Problem {
	about := func(r workflows.AccessChange) bool { return r.Pair() == pair }
	for _, item := range c.canaries {
		switch {
		case canary.Unfinished(item) && slices.Contains(uses(item), pair):
			return inUse(item, fmt.Sprintf("Canary %s of this migration has yet to be brought to its end, and needs the key until then.", item.Recorded.Name))
		case item.TurnBack && slices.Contains(uses(item), pair):
			return inUse(item, fmt.Sprintf("Canary %s of this migration is to be put back, and needs the key until then.", item.Recorded.Name))
		case c.isHeldBack(item) && slices.Contains(uses(item), pair):
			return inUse(item, fmt.Sprintf("Canary %s of this migration is paused.", item.Recorded.Name))
		case unsettled(item) && slices.Contains(uses(item), pair):
			return inUse(item, fmt.Sprintf("Canary %s of this migration is %s and may need the key.", item.Recorded.Name, item.State))
		case migrated(item) && isHeld(item) && slices.ContainsFunc(item.Revokes, about):
			return item.Hold // what one canary holds, its role has for all
		case migrated(item) && slices.ContainsFunc(viewing(item), about):
			return inUse(item, fmt.Sprintf("%s was carried over as a viewer of canary %s.", pair.RoleARN, item.Recorded.Name))
		}
	}
	return nil
}

// revoke removes what the pairs list, and waits while that is paused: others that need the pairs don't wait for that.
func (c *cell) revoke(ctx workflow.Context, lists []workflows.RevokePair) (map[workflows.Pair]workflows.RevokeResult, error) {
	asked := workflow.Now(ctx)
	for {
		results, paused, err := c.revokeUnderLease(ctx, lists, asked)
		if err != nil || !paused {
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

// owners are the migrated canaries whose old access is removed.
func (c *cell) owners(lists []workflows.RevokePair) []workflows.Subject {
	var of []workflows.Subject
	for i := range c.canaries {
		item := &c.canaries[i]
		is := func(change workflows.AccessChange) bool {
			return slices.ContainsFunc(lists, func(l workflows.RevokePair) bool { return l.Pair == change.Pair() })
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
		in.Asked, in.Of = asked, c.owners(lists)
	}
	results, err := call.Do[[]workflows.RevokeResult](ctx, call.Change, workflows.RevokeActivity, "revoke what nobody needs", in)
	if failure.IsPause(err) {
		return nil, true
	}
	if err != nil {
		results = c.undo(ctx, lists, failure.Problem(err))
	}
	for i := range results {
		r := &results[i]
		for _, change := range r.Statements {
			_, err := c.ensure(ctx, change, false, c.itself())
			if failure.IsPause(err) {
				return nil, true
			}
			if err != nil {
				r.Held = failure.Problem(err)
				break
			}
			r.Revoked = append(r.Revoked, change)
		}
		for _, change := range r.Revoked {
			delete(c.access, key(change))
		}
	}
	return results, false
}

func inUse(item workflows.Canary, message string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.OldAccessInUse,
		Message:  message,
		NextStep: "Settle that canary; then migrate again, which looks at the access anew.",
		Metadata: map[string]string{"consumer": item.Recorded.Name},
	}
}

func usedBy(busy workflows.Busy) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.OldAccessInUse,
		Message:  fmt.Sprintf("Migration %s needs the role and key in %s: for what it has under way there, or holds.", busy.Holder.Migration, busy.Holder.Region),
		NextStep: "It is looked at again when the last cell of this migration rests, and before the migration closes.",
		Metadata: map[string]string{"migration_id": busy.Holder.Migration, "region": busy.Holder.Region},
	}
}
