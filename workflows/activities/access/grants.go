package access

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/policydoc"
)

// operations are what a canary's role needs on the key of its artifacts: GenerateDataKey to write them, Decrypt
// for those in several parts and for reading a baseline (CloudWatch User Guide, Encrypting canary artifacts).
var operations = []types.GrantOperation{types.GrantOperationGenerateDataKey, types.GrantOperationDecrypt}

// grantsPage is how many grants a page holds: the most that KMS answers (KMS API, ListGrants, Limit).
const grantsPage = 100

// grant is the method of KMS grants. A grant names the cell's member role as the one that may retire it.
type grant struct {
	a      *Activities
	key    keys
	cell   workflows.Cell
	change workflows.AccessChange
}

func (g *grant) look(ctx context.Context) (found, bool, error) {
	grants, now, err := g.key.grants(ctx, g.change.RoleARN)
	if err != nil {
		return found{}, false, g.key.classify("kms:ListGrants", err)
	}
	own := matching(grants, g.change)
	if own == nil {
		return found{}, false, nil
	}
	if now.IsZero() {
		return found{}, false, failure.Retry(aws.Undated(g.key.call("kms:ListGrants")), 0)
	}
	change := g.change
	change.GrantID = awssdk.ToString(own.GrantId)
	return found{change: change, since: awssdk.ToTime(own.CreationDate), old: true, now: now}, true, nil
}

// give makes the grant. KMS answers a repeated request of the same name and parameters with the grant that is there (KMS
// API, CreateGrant, Name).
func (g *grant) give(ctx context.Context) error {
	if _, err := g.key.api.CreateGrant(ctx, g.a.grantInput(g.cell, g.change)); err != nil {
		return g.key.classify("kms:CreateGrant", err)
	}
	return nil
}

func (a *Activities) grantInput(cell workflows.Cell, change workflows.AccessChange) *kms.CreateGrantInput {
	in := &kms.CreateGrantInput{
		KeyId:             awssdk.String(change.KeyARN),
		GranteePrincipal:  awssdk.String(change.RoleARN),
		Operations:        operationsOf(change),
		RetiringPrincipal: awssdk.String(a.access.MemberRole(cell)),
	}
	if change.GrantName != "" {
		in.Name = awssdk.String(change.GrantName)
	}
	if terms, ok := termsOf(change); ok {
		in.Operations, in.Constraints, in.RetiringPrincipal = terms.Operations, terms.Constraints, terms.RetiringPrincipal
	}
	return in
}

// terms are what a grant that rekey did not make gives, so that it can be made again as it was.
type terms struct {
	Operations        []types.GrantOperation  `json:"operations"`
	Constraints       *types.GrantConstraints `json:"constraints,omitempty"`
	RetiringPrincipal *string                 `json:"retiring_principal,omitempty"`
}

func termsOf(change workflows.AccessChange) (terms, bool) {
	var t terms
	err := json.Unmarshal([]byte(change.Document), &t)
	return t, err == nil && len(t.Operations) > 0
}

// termsText is a grant's terms, for a plan that lists it.
func termsText(g types.GrantListEntry) string {
	text, err := json.Marshal(terms{g.Operations, g.Constraints, g.RetiringPrincipal})
	if err != nil {
		panic(err) // plain strings always encode
	}
	return string(text)
}

func operationsOf(change workflows.AccessChange) []types.GrantOperation {
	if change.DecryptOnly {
		return []types.GrantOperation{types.GrantOperationDecrypt}
	}
	return operations
}

// grants are the grants on the key whose grantee is the role, or all of them when it is empty, and the date of the last
// page's answer on AWS's clock, zero where it had none. The error is the SDK's. What it tells may be a few minutes old
// (KMS API, ListGrants, eventual consistency).
func (k keys) grants(ctx context.Context, roleARN string) ([]types.GrantListEntry, time.Time, error) {
	var all []types.GrantListEntry
	var now time.Time
	in := &kms.ListGrantsInput{KeyId: awssdk.String(k.arn), Limit: awssdk.Int32(grantsPage)}
	if roleARN != "" {
		in.GranteePrincipal = awssdk.String(roleARN)
	}
	pages := kms.NewListGrantsPaginator(k.api, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, now, err
		}
		all = append(all, page.Grants...)
		now, _ = aws.ServerTime(page.ResultMetadata)
	}
	return all, now, nil
}

// firstGrants are all grants on the key where a page holds them, and else none. The error is the SDK's.
func (k keys) firstGrants(ctx context.Context) (grants []types.GrantListEntry, all bool, err error) {
	out, err := k.api.ListGrants(ctx, &kms.ListGrantsInput{KeyId: awssdk.String(k.arn), Limit: awssdk.Int32(grantsPage)})
	if err != nil {
		return nil, true, err
	}
	if out.Truncated {
		return nil, false, nil
	}
	return out.Grants, true, nil
}

// matching is the grant of a change's name that gives the principal all it needs, the oldest where there are several, since
// it has been effective longest; nil when there is none. A grant with constraints is not rekey's, and one with fewer
// operations is not enough; one of others that is put back has the terms that it had.
func matching(grants []types.GrantListEntry, change workflows.AccessChange) *types.GrantListEntry {
	var oldest *types.GrantListEntry
	_, foreign := termsOf(change)
	for i, g := range grants {
		enough := g.Constraints == nil && allows(g, operationsOf(change))
		if foreign {
			enough = policydoc.SameJSON(termsText(g), change.Document)
		}
		if awssdk.ToString(g.Name) != change.GrantName || !enough {
			continue
		}
		if oldest == nil || awssdk.ToTime(g.CreationDate).Before(awssdk.ToTime(oldest.CreationDate)) {
			oldest = &grants[i]
		}
	}
	return oldest
}

// ownGrant is rekey's grant for a role, nil when there is none.
func ownGrant(grants []types.GrantListEntry, name string) *types.GrantListEntry {
	return matching(grants, workflows.AccessChange{GrantName: name})
}

func allows(g types.GrantListEntry, wanted []types.GrantOperation) bool {
	for _, operation := range wanted {
		if !slices.Contains(g.Operations, operation) {
			return false
		}
	}
	return true
}

// left divides the listed grants into those that exist, with their ids, and those that do not. A listed grant without
// an id is the one of its name; where several have it, all of them are, since nobody but rekey uses its names.
func left(listed []workflows.AccessChange, existing []types.GrantListEntry) (there, gone []workflows.AccessChange) {
	for _, c := range listed {
		found := false
		for _, g := range existing {
			if is(c, g) {
				found = true
				c.GrantID = awssdk.ToString(g.GrantId)
				there = append(there, c)
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
