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

// settleAccess is step 5, for all canaries of the cell at once, because they share roles: the old access is
// revoked where nobody needs it, and so is new access that was given for canaries that did not stay on the new
// encryption. The cell gives up its own uses first, then asks for the exclusive lease.
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
	var lists []workflows.RevokePair
	for _, list := range c.removable() {
		if c.holds(list.Pair) {
			lists = append(lists, list)
		}
	}
	if len(lists) > 0 {
		if results, err := c.revoke(ctx, lists); err == nil {
			c.record(ctx, results)
		}
	}
	c.report.Reviews = c.orders.reviews
	c.Changed()
}

// holds reports whether access to a pair is held: old access, or new access that was not taken back.
func (c *cell) holds(pair workflows.Pair) bool {
	return slices.ContainsFunc(c.canaries, func(item workflows.Canary) bool {
		old := oldPair(item) == pair && item.OldAccess != nil && item.OldAccess.State == workflows.OldAccessHeld
		return old || newPair(item) == pair && didNotStay(item) && len(item.Withdrawn) < len(made(item))
	})
}

// endUses gives up the uses of all pairs but those that a canary may still need: they stay registered until the cell
// closes, so that no other cell or migration takes the access away.
func (c *cell) endUses(ctx workflow.Context) error {
	var pairs []workflows.Pair
	for _, item := range c.canaries {
		pairs = append(pairs, oldPair(item), newPair(item))
	}
	keep := c.unsettledPairs()
	pairs = slices.DeleteFunc(distinct(pairs), func(p workflows.Pair) bool { return slices.Contains(keep, p) })
	if len(pairs) == 0 {
		return nil
	}
	return call.Run(ctx, call.Registry, workflows.EndUsesActivity, "end the uses of the keys",
		workflows.LeaseInput{Account: c.in.Cell.Account, Holder: c.holder(), Pairs: pairs})
}

// unsettledPairs are those of canaries of which it is not known which encryption they need.
func (c *cell) unsettledPairs() []workflows.Pair {
	var pairs []workflows.Pair
	for _, item := range c.canaries {
		if unsettled(item) {
			pairs = append(pairs, oldPair(item), newPair(item))
		}
	}
	return distinct(pairs)
}

// rebased are the canaries whose baseline this cell has seen confirmed under the new key.
func (c *cell) rebased() []string {
	var ids []string
	for _, item := range c.canaries {
		if migrated(item) && item.Baseline != nil && item.Baseline.State == workflows.BaselineConfirmed {
			ids = append(ids, item.Recorded.ID)
		}
	}
	return ids
}

// removable lists, per role and key, the grants that may go: those that the plan lists for revocation where the
// canary is migrated, and those that this migration made where the canary did not stay.
func (c *cell) removable() []workflows.RevokePair {
	var order []workflows.Pair
	lists := map[workflows.Pair]*workflows.RevokePair{}
	add := func(pair workflows.Pair, grants []workflows.AccessChange) {
		list, ok := lists[pair]
		if !ok {
			list = &workflows.RevokePair{Pair: pair, Needed: c.needed(pair), Rebased: c.rebased()}
			lists[pair] = list
			order = append(order, pair)
		}
		for _, g := range grants {
			if !slices.Contains(list.Grants, g) {
				list.Grants = append(list.Grants, g)
			}
		}
	}
	for _, item := range c.canaries {
		switch {
		case migrated(item) && len(item.Revokes) > 0:
			add(oldPair(item), item.Revokes)
		case didNotStay(item) && len(made(item)) > 0:
			add(newPair(item), made(item))
		}
	}
	result := make([]workflows.RevokePair, 0, len(order))
	for _, pair := range order {
		result = append(result, *lists[pair])
	}
	return result
}

// needed is why a canary of this migration still needs the pair, though no setting shows it: its baseline or its
// way back depends on it.
func (c *cell) needed(pair workflows.Pair) *workflows.Problem {
	for _, item := range c.canaries {
		if unsettled(item) && (oldPair(item) == pair || newPair(item) == pair) {
			return inUse(item, fmt.Sprintf("Canary %s of this migration is %s and may need the key.", item.Recorded.Name, item.State))
		}
	}
	return nil
}

// revoke asks for the leases, looks and removes under them, and gives them back.
func (c *cell) revoke(ctx workflow.Context, lists []workflows.RevokePair) (map[workflows.Pair]workflows.RevokeResult, error) {
	lease := workflows.LeaseInput{Account: c.in.Cell.Account, Holder: c.holder()}
	for _, list := range lists {
		lease.Pairs = append(lease.Pairs, list.Pair)
	}
	leased, err := call.Do[workflows.LeaseResult](ctx, call.Registry, workflows.LeaseActivity, "lease the access to revoke", lease)
	if err != nil {
		return nil, err
	}
	results := map[workflows.Pair]workflows.RevokeResult{}
	for _, busy := range leased.Busy {
		results[busy.Pair] = workflows.RevokeResult{Pair: busy.Pair, Held: usedBy(busy)}
	}
	lists = slices.DeleteFunc(lists, func(l workflows.RevokePair) bool { return !slices.Contains(leased.Leased, l.Pair) })
	if len(lists) > 0 {
		removed, err := call.Do[[]workflows.RevokeResult](ctx, call.Change, workflows.RevokeActivity, "revoke what nobody needs",
			workflows.RevokeInput{Cell: c.in.Cell, Pairs: lists, Poll: c.Poll(5 * time.Second)})
		for _, r := range removed {
			results[r.Pair] = r
		}
		for _, list := range lists {
			if _, ok := results[list.Pair]; !ok && err != nil {
				results[list.Pair] = workflows.RevokeResult{Pair: list.Pair, Held: failure.Problem(err)}
			}
		}
	}
	lease.Pairs = leased.Leased
	return results, call.Run(ctx, call.Registry, workflows.EndLeaseActivity, "end the leases", lease)
}

// record notes on each canary what became of its access, and lets the migrated ones rest.
func (c *cell) record(ctx workflow.Context, results map[workflows.Pair]workflows.RevokeResult) {
	for i := range c.canaries {
		item := &c.canaries[i]
		if r, ok := results[newPair(*item)]; ok && didNotStay(*item) {
			item.Withdrawn = r.Revoked
		}
		if unsettled(*item) && len(item.Revokes) > 0 {
			item.OldAccess = &workflows.OldAccess{State: workflows.OldAccessHeld, Held: item.Problem}
		}
		if !migrated(*item) {
			continue
		}
		item.State = workflows.Migrated
		item.Updated = workflow.Now(ctx)
		r, ok := results[oldPair(*item)]
		switch {
		case len(item.Revokes) == 0 && item.OldAccess == nil: // the plan may hold what it could not see
			item.OldAccess = &workflows.OldAccess{State: workflows.OldAccessNone}
		case ok && r.Held != nil:
			item.OldAccess = &workflows.OldAccess{State: workflows.OldAccessHeld, Held: r.Held, Revoked: r.Revoked}
		case ok:
			item.OldAccess = &workflows.OldAccess{State: workflows.OldAccessRevoked, Revoked: r.Revoked}
		}
	}
	c.Changed()
}

// migrated reports whether a canary's story has come to its last step.
func migrated(item workflows.Canary) bool {
	return item.State == workflows.Migrated || item.State == workflows.Migrating && item.Step == workflows.RevokeStep
}

// unsettled reports whether it is not known which of the two encryptions a canary needs.
func unsettled(item workflows.Canary) bool {
	return item.State == workflows.Unverified || item.State == workflows.CanaryFailed && !didNotStay(item)
}

// didNotStay reports whether a canary is on its recorded encryption after its role was given the new key.
func didNotStay(item workflows.Canary) bool {
	if item.State != workflows.CanaryFailed {
		return item.State == workflows.Returned || item.State == workflows.Blocked
	}
	rolledBack := item.Problem.Reason == workflows.RolledBackByAWS && item.Step == workflows.UpdateStep
	return item.Step == workflows.GrantStep || rolledBack || item.Problem.Reason == workflows.CanaryGone
}

// made are the grants that exist because of this migration: those that the plan found there stay. One that was
// planned and not answered, because its step failed, may exist all the same; it is found by its name.
func made(item workflows.Canary) []workflows.AccessChange {
	if item.Step == workflows.NoStep {
		return nil
	}
	var list []workflows.AccessChange
	for i, planned := range item.Grants {
		grant := planned
		if i < len(item.Granted) {
			grant = item.Granted[i]
		}
		if grant.GrantID == "" || grant.GrantID != planned.GrantID {
			list = append(list, grant)
		}
	}
	return list
}

func oldPair(item workflows.Canary) workflows.Pair {
	return workflows.Pair{RoleARN: item.Recorded.RoleARN, KeyARN: item.Recorded.From.KeyARN}
}

func newPair(item workflows.Canary) workflows.Pair {
	return workflows.Pair{RoleARN: item.Recorded.RoleARN, KeyARN: item.To.KeyARN}
}

func distinct(pairs []workflows.Pair) []workflows.Pair {
	var list []workflows.Pair
	for _, pair := range pairs {
		if pair.KeyARN != "" && !slices.Contains(list, pair) {
			list = append(list, pair)
		}
	}
	return list
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
		Message:  fmt.Sprintf("Migration %s uses the role and key in %s just now.", busy.Holder.Migration, busy.Holder.Region),
		NextStep: "It is looked at again when the last cell of this migration rests, and before the migration closes.",
		Metadata: map[string]string{"migration_id": busy.Holder.Migration},
	}
}
