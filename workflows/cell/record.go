package cell

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// record notes on each canary what became of its access, and lets the migrated ones rest.
func (c *cell) record(ctx workflow.Context, results map[workflows.Pair]workflows.RevokeResult) {
	c.beginWatch(ctx, results)
	for i := range c.canaries {
		item := &c.canaries[i]
		switch {
		case didNotStay(*item):
			item.Withdrawn = removedOf(made(*item), item.Withdrawn, results)
		case unsettled(*item) && len(item.Revokes) > 0:
			item.OldAccess = &workflows.OldAccess{State: workflows.OldAccessHeld, Held: item.Problem}
		case migrated(*item):
			item.State = workflows.Migrated
			item.Updated = workflow.Now(ctx)
			item.OldAccess = c.oldAccess(*item, results)
		}
	}
	c.Changed()
}

// oldAccess is what became of a migrated canary's old access: what was known before, and what the results say.
func (c *cell) oldAccess(item workflows.Canary, results map[workflows.Pair]workflows.RevokeResult) *workflows.OldAccess {
	switch {
	case isHeld(item) && item.OldAccess != nil && isRestored(item.Hold):
		return item.OldAccess // as the watch left it
	case isHeld(item):
		return &workflows.OldAccess{State: workflows.OldAccessHeld, Held: item.Hold}
	case len(item.Revokes) == 0:
		return &workflows.OldAccess{State: workflows.OldAccessNone}
	}
	var before workflows.OldAccess
	if item.OldAccess != nil {
		before = *item.OldAccess
	}
	now := &workflows.OldAccess{State: workflows.OldAccessRevoked, Revoked: removedOf(item.Revokes, before.Revoked, results)}
	for _, change := range item.Revokes {
		if slices.ContainsFunc(now.Revoked, change.Same) {
			continue
		}
		now.State, now.Held = workflows.OldAccessHeld, before.Held
		if r, ok := results[change.Pair()]; ok && r.Held != nil {
			now.Held = r.Held
		}
	}
	for _, change := range item.Revokes {
		if r := results[change.Pair()]; r.Held != nil && r.Held.Reason == workflows.AccessNotRestored {
			now.Held = r.Held
		}
	}
	if now.State == workflows.OldAccessRevoked && c.isWatched(item) {
		now.State = workflows.OldAccessWatched
	}
	return now
}

// removedOf are those of the changes that were removed, before or now.
func removedOf(changes, before []workflows.AccessChange, results map[workflows.Pair]workflows.RevokeResult) []workflows.AccessChange {
	var list []workflows.AccessChange
	for _, change := range changes {
		now := results[change.Pair()].Revoked
		if i := slices.IndexFunc(now, change.Same); i >= 0 {
			list = append(list, now[i])
		} else if i := slices.IndexFunc(before, change.Same); i >= 0 {
			list = append(list, before[i])
		}
	}
	return list
}
