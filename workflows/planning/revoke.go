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
	for _, key := range d.givenUp {
		pair := workflows.Pair{RoleARN: d.Recorded.RoleARN, KeyARN: key}
		has := slices.ContainsFunc(d.Survey.Old, func(c workflows.AccessChange) bool { return c.Pair() == pair })
		if has && key != d.To.KeyARN {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// retiredKeys are the keys that are being given up: those that the policy names, and those that canaries of the cell
// leave. A key that a canary is to have is none of them, and one that a canary stays on only where the policy names it.
func (o Observed) retiredKeys() []string {
	var left, kept, wanted []string
	for _, s := range o.Census.Canaries {
		d := &draft{Observed: o, Canary: workflows.Canary{Cell: o.Cell, Recorded: s, Action: workflows.Migrate}}
		if d.leaves() {
			left = append(left, s.From.KeyARN)
		} else {
			kept = append(kept, s.From.KeyARN)
		}
		wanted = append(wanted, d.To.KeyARN)
	}
	left = slices.DeleteFunc(left, func(key string) bool { return slices.Contains(kept, key) })
	keys := slices.Concat(o.Policies.RetiredKeyARNs, left)
	keys = slices.DeleteFunc(keys, func(key string) bool { return key == "" || slices.Contains(wanted, key) })
	slices.Sort(keys)
	return slices.Compact(keys)
}

// leaves reports whether the canary is to leave its encryption, as far as that is known before the survey.
func (d *draft) leaves() bool {
	if d.target(); d.Problem != nil || d.To == d.Recorded.From {
		return false
	}
	for _, check := range []func() *workflows.Problem{d.replica, d.bucket, d.runtime, d.updatable} {
		if check() != nil {
			return false
		}
	}
	d.proving()
	return d.Problem == nil
}
