package cell

import (
	"slices"

	"rekey/workflows"
)

// migrated reports whether a canary's story has come to its last step.
func migrated(item workflows.Canary) bool {
	return item.State == workflows.Migrated || item.State == workflows.Migrating && item.Step == workflows.RevokeStep
}

// unsettled reports whether it is not known which of the two encryptions a canary needs.
func unsettled(item workflows.Canary) bool {
	return item.State == workflows.Unverified || item.State == workflows.CanaryFailed && !didNotStay(item)
}

// didNotStay reports whether a canary is on its recorded settings after its role was given new access.
func didNotStay(item workflows.Canary) bool {
	if item.State != workflows.CanaryFailed {
		return item.State == workflows.Returned || item.State == workflows.Blocked
	}
	rolledBack := item.Problem.Reason == workflows.RolledBackByAWS && (item.Step == workflows.UpdateStep || item.Step == workflows.RunStep) &&
		(item.Baseline == nil || !item.Baseline.NextRun) // else the next run may have become its baseline, under the new key
	untouched := item.Step == workflows.GrantStep || item.Step == workflows.ProveStep
	return untouched || rolledBack || item.Problem.Reason == workflows.CanaryGone
}

// hasOldBaseline reports whether a canary's baseline is the recorded one, as far as the migration is concerned.
func hasOldBaseline(item workflows.Canary) bool { return item.Baseline.IsOld() }

// charged reports whether a failure budget is charged with a canary: it was begun and did not come to the end that the plan
// had for it, and neither an operator nor an outage is why.
func charged(item workflows.Canary) bool {
	if item.Begun.IsZero() || item.Excused {
		return false
	}
	switch item.State {
	case workflows.CanaryFailed, workflows.Blocked:
		return true
	case workflows.Unverified:
		return item.Proving != workflows.Unproven
	case workflows.Returned:
		return item.Problem == nil || item.Problem.Reason != workflows.RolledBack
	default:
		return false
	}
}

// rests reports whether nothing is done about a canary any more, but for its access.
func rests(item workflows.Canary) bool {
	return item.State != workflows.Pending && item.State != workflows.Migrating
}

// isHeld reports whether a canary's old access is kept on purpose, as its plan says.
func isHeld(item workflows.Canary) bool {
	return item.Hold != nil && (item.Hold.Reason != workflows.ManagedByIaC || !item.Confirmed)
}

// isRestored reports whether access is held because a run missed it.
func isRestored(held *workflows.Problem) bool {
	return held != nil && (held.Reason == workflows.AccessRestored || held.Reason == workflows.AccessNotRestored)
}

// made is the access that exists because of this migration: what the plan found there stays. What was planned and not
// answered, because its step failed, may exist all the same; it is found by its name.
func made(item workflows.Canary) []workflows.AccessChange {
	if item.Step == workflows.NoStep {
		return nil
	}
	var list []workflows.AccessChange
	for i, planned := range item.Grants {
		change := planned
		if i < len(item.Granted) {
			change = item.Granted[i]
		}
		if !planned.There && planned.Method != workflows.Existing {
			list = append(list, change)
		}
	}
	return list
}

// leaves reports whether a canary that did not stay on its new settings has new access that was not taken back.
func leaves(item workflows.Canary) bool {
	return didNotStay(item) && len(item.Withdrawn) < len(made(item))
}

// kept are the pairs that stay registered for a canary that rests, because no look at the account shows that it needs them:
// whatever it may still need where it is not known which encryption that is, the old access that is held for the source of
// a managed canary or was restored to a run that missed it, and the new key for the viewers who were carried over.
func kept(item workflows.Canary) []workflows.Pair {
	if unsettled(item) {
		return uses(item)
	}
	if !migrated(item) {
		return nil
	}
	changes := viewing(item)
	if isHeld(item) && (item.Hold.Reason == workflows.ManagedByIaC || item.Hold.Reason == workflows.AccessRestored) {
		changes = append(changes, item.Revokes...)
	}
	var pairs []workflows.Pair
	for _, change := range changes {
		pairs = append(pairs, change.Pair())
	}
	return distinct(pairs)
}

// viewing is the access that was given to viewers.
func viewing(item workflows.Canary) []workflows.AccessChange {
	var list []workflows.AccessChange
	for _, change := range item.Grants {
		if change.DecryptOnly {
			list = append(list, change)
		}
	}
	return list
}

// uses are the roles and keys (or locations) that a canary uses, will use or gives up.
func uses(item workflows.Canary) []workflows.Pair {
	pairs := []workflows.Pair{
		{RoleARN: item.Recorded.RoleARN, KeyARN: item.Recorded.From.KeyARN},
		{RoleARN: item.Recorded.RoleARN, KeyARN: item.To.KeyARN},
	}
	for _, change := range slices.Concat(item.Grants, item.Revokes) {
		pairs = append(pairs, change.Pair())
	}
	return distinct(pairs)
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
