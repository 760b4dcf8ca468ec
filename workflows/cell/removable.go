package cell

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// rebased are the canaries of a role whose baseline this cell knows to be where they are: confirmed under the new settings or,
// of access that is taken back, under the old ones.
func (c *cell) rebased(role string, withdraw bool) []string {
	var ids []string
	for item := range c.withRole(role) {
		confirmed := item.Baseline != nil && item.Baseline.State == workflows.BaselineConfirmed
		if !withdraw && migrated(*item) && confirmed || withdraw && didNotStay(*item) && (confirmed || hasOldBaseline(*item)) {
			ids = append(ids, item.Recorded.ID)
		}
	}
	return ids
}

// settled is when the updates of a role's canaries were seen settled.
func (c *cell) settled(role string) map[string]time.Time {
	at := map[string]time.Time{}
	for item := range c.withRole(role) {
		if !item.Settled.IsZero() {
			at[item.Recorded.ID] = item.Settled
		}
	}
	return at
}

// quiet are the canaries of a role of which it was seen, since their updates settled, that no run of before goes on.
func (c *cell) quiet(role string) []string {
	var ids []string
	for item := range c.withRole(role) {
		if !item.Settled.IsZero() && !item.Quiet.Before(item.Settled) {
			ids = append(ids, item.Recorded.ID)
		}
	}
	return ids
}

// withRole are the canaries of the cell that have a role.
func (c *cell) withRole(arn string) iter.Seq[*workflows.Canary] {
	return func(yield func(*workflows.Canary) bool) {
		for i := range c.canaries {
			if c.canaries[i].Recorded.RoleARN == arn && !yield(&c.canaries[i]) {
				return
			}
		}
	}
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
				lists = append(lists, c.removal(pair, withdraw))
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

// removal is the removal of a pair's access, with what the activity can't see by itself.
func (c *cell) removal(pair workflows.Pair, withdraw bool) *workflows.RevokePair {
	role := pair.RoleARN
	return &workflows.RevokePair{
		Pair: pair, Needed: c.needed(pair), Rebased: c.rebased(role, withdraw), Settled: c.settled(role), Quiet: c.quiet(role), Withdraw: withdraw,
	}
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

func inUse(item workflows.Canary, message string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.OldAccessInUse,
		Message:  message,
		NextStep: "Settle that canary; then migrate again, which looks at the access anew.",
		Metadata: map[string]string{"consumer": item.Recorded.Name},
	}
}
