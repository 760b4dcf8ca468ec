package planning

import (
	"slices"

	"rekey/workflows"
)

// removable are the pairs of roles and keys whose old access will be removed, each with what is to be removed: those that no
// canary of the plan holds or leaves unproven.
func removable(items []workflows.Canary) map[workflows.Pair][]workflows.AccessChange {
	pairs, kept := map[workflows.Pair][]workflows.AccessChange{}, map[workflows.Pair]bool{}
	for _, item := range items {
		for _, change := range item.Revokes {
			pair := change.Pair()
			if item.Hold != nil || item.Proving == workflows.Unproven && item.Action == workflows.Migrate {
				kept[pair] = true
			}
			if !slices.ContainsFunc(pairs[pair], change.Same) {
				pairs[pair] = append(pairs[pair], change)
			}
		}
	}
	for pair := range kept {
		delete(pairs, pair)
	}
	return pairs
}

// remove counts what it takes to remove old access, and to watch for who misses it. (activities/access: revoke, denial.)
func (c calls) remove(o Observed, items []workflows.Canary, pairs map[workflows.Pair][]workflows.AccessChange) {
	c.search(o, 1)
	users := 0 // canaries of the roles, for each pair of theirs
	for pair, changes := range pairs {
		c.removeAll(changes)
		for _, item := range items {
			if item.Recorded.RoleARN == pair.RoleARN {
				users++
			}
		}
	}
	watch := o.Policies.RevokeWatch
	if watch <= 0 {
		return
	}
	looks := during(watch, denialEvery) - 1
	searches := min(during(watch, searchEvery), looks) // the others leave out the Regions in which nothing runs
	c.add(searches, "account:ListRegions")
	c.add(searches*(enabledRegions-1)+looks*pages(len(o.Census.Canaries), lastRunPage), "synthetics:DescribeCanariesLastRun")
	c.search(o, 1)
	c.add(users, "synthetics:GetCanaryRuns") // the last look searches for them all
}

// removeAll removes the listed access of a pair and reads back that it is gone.
func (c calls) removeAll(changes []workflows.AccessChange) {
	grants := 0
	for _, change := range changes {
		switch change.Method {
		case workflows.ByRolePolicy:
			c.add(2, "iam:GetRolePolicy")
			c.add(1, "iam:DeleteRolePolicy")
		case workflows.ByKeyPolicy:
			c.add(2, "kms:GetKeyPolicy")
			c.add(1, "kms:PutKeyPolicy")
		default: // grants
			grants++
		}
	}
	c.add(grants, "kms:RevokeGrant")
	if grants > 0 {
		c.add(2, "kms:ListGrants")
	}
}

// search reads the canaries of every Region of the account, so many times.
func (c calls) search(o Observed, times int) {
	c.add(times, "account:ListRegions")
	c.add(times*(enabledRegions-1+pages(len(o.Census.Canaries), censusPage)), "synthetics:DescribeCanaries")
}
