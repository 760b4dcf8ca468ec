package planning

import (
	"slices"
	"time"

	"rekey/workflows"
)

// calls counts AWS calls by IAM action.
type calls map[string]int

func (c calls) add(n int, actions ...string) {
	for _, action := range actions {
		if n > 0 {
			c[action] += n
		}
	}
}

// tell counts what the story of a canary calls for itself. (activities/dryrun, encryption, control, runs, proof, baseline.)
func (c calls) tell(s story) {
	if !s.updates() {
		return
	}
	if s.dryRuns() {
		c.add(1, "synthetics:GetCanary") // to start one only of a canary that is as recorded
		c.add(dryRunLooks, "synthetics:GetCanaryRuns")
		c.add(1, "synthetics:StartCanaryDryRun")
		c.prove(s)
	}
	c.update()
	if s.To.Mode == workflows.SSEKMS {
		c.add(1, "kms:DescribeKey") // whether the key encrypts still
	}
	for range s.waits() {
		if s.Proving == workflows.ByOneRun {
			c.add(1, "synthetics:GetCanary", "synthetics:StartCanary")
		}
		c.add(runLooks, "synthetics:GetCanaryRuns")
		c.add(1, "synthetics:GetCanary") // whose runs they are
		c.prove(s)
	}
	switch {
	case s.names():
		c.update()
	case s.rebases():
		c.add(1+1, "synthetics:GetCanary") // the baseline is seen to be the run already, and confirmed
	}
	if s.Proving == workflows.ByOneRun {
		c.add(confirmLooks, "synthetics:GetCanary")
		c.add(1, "synthetics:DescribeCanariesLastRun", "synthetics:StopCanary")
	}
}

// update is one update, and the looks until it has settled.
func (c calls) update() {
	c.add(1+confirmLooks, "synthetics:GetCanary")
	c.add(1, "synthetics:UpdateCanary")
}

// prove looks at the objects of a run in every browser.
func (c calls) prove(s story) {
	c.add(s.browsers(), "s3:ListBucket")
	c.add(s.browsers()*objectsLookedAt, "s3:GetObject")
	if s.To.Mode == workflows.AWSManaged {
		c.add(1, "kms:DescribeKey")
	}
}

// give counts what it takes to give access, once for all canaries that share it. (activities/access: ensure, keypolicy.)
func (c calls) give(items []workflows.Canary, concurrent int) {
	var given []workflows.AccessChange
	members := map[string]int{} // roles that come into a key's policy, by key
	for _, item := range items {
		for _, change := range item.Grants {
			if slices.ContainsFunc(given, change.Same) {
				continue
			}
			given = append(given, change)
			if change.Method == workflows.ByKeyPolicy {
				members[change.KeyARN]++
				continue
			}
			c.ensure(change)
		}
	}
	for _, roles := range members { // edits that come together are one write
		c.add(pages(roles, max(concurrent, 1)), "kms:PutKeyPolicy")
		c.add(2*pages(roles, max(concurrent, 1)), "kms:GetKeyPolicy")
	}
}

func (c calls) ensure(change workflows.AccessChange) {
	switch {
	case change.Method == workflows.Existing:
		c.add(1, "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants", "iam:GetAccountAuthorizationDetails")
	case change.Method == workflows.ByGrant && change.There:
		c.add(1, "kms:ListGrants")
	case change.Method == workflows.ByGrant:
		c.add(2, "kms:ListGrants") // before, and to read it back
		c.add(1, "kms:CreateGrant")
	case change.There:
		c.add(1, "iam:GetRolePolicy")
	default:
		c.add(2+inlinePolicies, "iam:GetRolePolicy")
		c.add(1, "iam:ListRolePolicies", "iam:PutRolePolicy")
	}
}

// waitForRuns counts the rounds in which a cell looks for the runs of all canaries that wait. (cell: poller.)
func (c calls) waitForRuns(o Observed, items []workflows.Canary) {
	var waited time.Duration
	waiting := 0
	for _, item := range items {
		s := o.story(item)
		for wait := range s.waits() {
			until := s.untilRun(wait)
			waited += (until.Least+until.Most)/2 + runTime.Least
		}
		if s.waits() > 0 {
			waiting++
		}
	}
	if waiting == 0 {
		return
	}
	together := min(waiting, max(o.MaxConcurrent, 1))
	each := 1
	if together > byName {
		each = pages(len(o.Census.Canaries), lastRunPage)
	}
	c.add(during(waited/time.Duration(together), lookEvery)*each, "synthetics:DescribeCanariesLastRun")
}
