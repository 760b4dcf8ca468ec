package planning

import (
	"slices"

	"rekey/workflows"
)

// revoke lists the old access that may go, exactly, and what was seen of it and stays.
func (d *draft) revoke() {
	for _, pair := range d.oldPairs() {
		for _, change := range d.Survey.Old {
			if change.Pair() == pair && !slices.ContainsFunc(d.Grants, change.Same) {
				d.Revokes = append(d.Revokes, change)
			}
		}
		for _, left := range d.Survey.Left {
			if left.Change.Pair() == pair {
				d.Left = append(d.Left, left)
			}
		}
	}
	slices.SortFunc(d.Revokes, compare)
}

// oldPairs are the pairs that the canary's role is to lose: the old key, if its artifacts leave it, and the old location.
func (d *draft) oldPairs() []workflows.Pair {
	if d.Action == workflows.RevokeOnly {
		return d.retired()
	}
	var pairs []workflows.Pair
	if from := d.Recorded.From; from.Mode == workflows.SSEKMS && from != d.To {
		pairs = append(pairs, workflows.Pair{RoleARN: d.Recorded.RoleARN, KeyARN: from.KeyARN})
	}
	if d.moves() {
		pairs = append(pairs, workflows.AccessChange{RoleARN: d.Recorded.RoleARN, Location: d.Recorded.Location}.Pair())
	}
	return pairs
}

// retired are the pairs of the canary's role with keys that are being given up, to which it still has access that can
// be removed.
func (d *draft) retired() []workflows.Pair {
	var pairs []workflows.Pair
	for _, key := range retiredKeys(d.Census, d.Policies) {
		pair := workflows.Pair{RoleARN: d.Recorded.RoleARN, KeyARN: key}
		has := slices.ContainsFunc(d.Survey.Old, func(c workflows.AccessChange) bool { return c.Pair() == pair })
		if has && key != d.To.KeyARN {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// retiredKeys are the keys that are being given up: those that the policy names, and the old keys of the cell's canaries.
func retiredKeys(census workflows.Census, policies workflows.Policies) []string {
	keys := slices.Clone(policies.RetiredKeyARNs)
	for _, s := range census.Canaries {
		if s.From.KeyARN != "" {
			keys = append(keys, s.From.KeyARN)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
