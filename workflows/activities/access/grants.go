package access

import (
	"context"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
)

// operations are what a canary's role needs on the key of its artifacts: GenerateDataKey to write them, Decrypt
// for those in several parts and for reading a baseline (CloudWatch User Guide, Encrypting canary artifacts).
var operations = []types.GrantOperation{types.GrantOperationGenerateDataKey, types.GrantOperationDecrypt}

// grants are the grants on the key whose grantee is the role, and the date of the last page's answer on AWS's
// clock, zero where it had none. The error is the SDK's. What it tells may be a few minutes old (KMS API,
// ListGrants, eventual consistency).
func (k keys) grants(ctx context.Context, roleARN string) ([]types.GrantListEntry, time.Time, error) {
	var all []types.GrantListEntry
	var now time.Time
	pages := kms.NewListGrantsPaginator(k.api, &kms.ListGrantsInput{
		KeyId: awssdk.String(k.arn), GranteePrincipal: awssdk.String(roleARN),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, now, err
		}
		all = append(all, page.Grants...)
		now = dateOf(page)
	}
	return all, now, nil
}

// named is the grant of that name that gives the role all it needs, the oldest where there are several, since it
// has been effective longest; nil when there is none. A grant with constraints is not rekey's, and one with fewer
// operations is not enough.
func named(grants []types.GrantListEntry, name string) *types.GrantListEntry {
	var oldest *types.GrantListEntry
	for i, g := range grants {
		if awssdk.ToString(g.Name) != name || g.Constraints != nil || !allows(g) {
			continue
		}
		if oldest == nil || awssdk.ToTime(g.CreationDate).Before(awssdk.ToTime(oldest.CreationDate)) {
			oldest = &grants[i]
		}
	}
	return oldest
}

func allows(g types.GrantListEntry) bool {
	for _, operation := range operations {
		if !slices.Contains(g.Operations, operation) {
			return false
		}
	}
	return true
}

// remaining is how long a grant has still to be there until it counts as effective; none when zero or less. Both
// instants are AWS's, in whole seconds, so an age is up to a second too high: that second is waited too.
func remaining(created, now time.Time, settle time.Duration) time.Duration {
	if settle <= 0 {
		return 0
	}
	return settle + time.Second - now.Sub(created)
}

// change is a grant as the contract has it.
func change(pair workflows.Pair, g types.GrantListEntry) workflows.AccessChange {
	return workflows.AccessChange{
		RoleARN: pair.RoleARN, KeyARN: pair.KeyARN,
		GrantName: awssdk.ToString(g.Name), GrantID: awssdk.ToString(g.GrantId),
	}
}

// left divides the listed grants into those that exist, with their ids, and those that do not. A listed grant without
// an id is the one of its name; where several have it, all of them are, since nobody but rekey uses its names.
func left(listed []workflows.AccessChange, existing []types.GrantListEntry) (there, gone []workflows.AccessChange) {
	for _, c := range listed {
		found := false
		for _, g := range existing {
			if is(c, g) {
				found = true
				there = append(there, withID(c, g))
			}
		}
		if !found {
			gone = append(gone, c)
		}
	}
	return there, gone
}

func is(c workflows.AccessChange, g types.GrantListEntry) bool {
	if c.GrantID != "" {
		return awssdk.ToString(g.GrantId) == c.GrantID
	}
	return c.GrantName != "" && awssdk.ToString(g.Name) == c.GrantName
}

func withID(c workflows.AccessChange, g types.GrantListEntry) workflows.AccessChange {
	c.GrantID = awssdk.ToString(g.GrantId)
	return c
}
