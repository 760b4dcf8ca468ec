package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// How a removal is read back.
const (
	revokePoll = 5 * time.Second
	// revokeLooks is how many attempts wait for a grant to vanish from ListGrants, whose answers may be old, before
	// the pair is reported as held.
	revokeLooks = 60
)

// Revoke looks at every Region of the account for canaries that need the pairs, and removes the listed grants of
// those pairs that nobody needs. Looking and removing are one activity, under the registry's leases, so that
// nothing that rekey does comes between.
//
// Exactly the listed grants are removed, by their ids; one that is gone already counts as removed. A pair is
// answered as held when the migration itself needs it (Needed), a canary uses it (OLD_ACCESS_IN_USE), a Region
// could not be searched (REGION_NOT_SEARCHED), or AWS refuses the removal. While a removed grant is still listed
// the activity ends with NotYet, and looks at everything again in its next attempt.
func (a *Activities) Revoke(ctx context.Context, in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
	var seen observation
	if slices.ContainsFunc(in.Pairs, func(p workflows.RevokePair) bool { return p.Needed == nil }) {
		var err error
		if seen, err = a.search(ctx, in.Cell); err != nil {
			return nil, err
		}
	}
	results := make([]workflows.RevokeResult, 0, len(in.Pairs))
	var listed []string
	for _, pair := range in.Pairs {
		result := workflows.RevokeResult{Pair: pair.Pair, Held: held(pair, seen)}
		if result.Held == nil {
			remains, err := a.remove(ctx, in.Cell, pair, &result)
			if err != nil {
				return nil, err
			}
			listed = append(listed, remains...)
		}
		results = append(results, result)
	}
	if len(listed) > 0 {
		message := fmt.Sprintf("%d removed grants are still listed", len(listed))
		return nil, failure.Wait(message, in.Poll.Delay(cmp.Or(in.Poll.Every, revokePoll)))
	}
	return results, nil
}

// remove removes the listed grants of a pair, and answers those that KMS still lists. What AWS refuses for good
// is put into the result, so that the other pairs are dealt with.
func (a *Activities) remove(ctx context.Context, cell workflows.Cell, pair workflows.RevokePair, result *workflows.RevokeResult) ([]string, error) {
	key := a.keys(cell, pair.Pair.KeyARN)
	remaining, err := key.revoke(ctx, pair)
	if err != nil {
		return nil, err
	}
	switch {
	case remaining.problem != nil:
		result.Held = remaining.problem
	case len(remaining.listed) > 0 && activity.GetInfo(ctx).Attempt >= revokeLooks:
		result.Held = stillListed(key, remaining.listed)
	case len(remaining.listed) > 0:
		return remaining.listed, nil
	default:
		result.Revoked = pair.Grants
	}
	return nil, nil
}

// outcome is what a removal left: grants that are still listed, or what AWS refused.
type outcome struct {
	listed  []string
	problem *workflows.Problem
}

func (k keys) revoke(ctx context.Context, pair workflows.RevokePair) (outcome, error) {
	existing, _, err := k.grants(ctx, pair.Pair.RoleARN)
	if err != nil {
		return k.refused("kms:ListGrants", err)
	}
	there := left(pair.Grants, existing)
	if len(there) == 0 {
		return outcome{}, nil
	}
	for _, grant := range there {
		_, err := k.api.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: awssdk.String(k.arn), GrantId: awssdk.String(grant.GrantID)})
		if err != nil && !isGone(err) {
			return k.refused("kms:RevokeGrant", err)
		}
	}
	existing, _, err = k.grants(ctx, pair.Pair.RoleARN)
	if err != nil {
		return k.refused("kms:ListGrants", err)
	}
	var o outcome
	for _, grant := range left(there, existing) {
		o.listed = append(o.listed, grant.GrantID)
	}
	return o, nil
}

// refused is the outcome of a refusal for good, and an error where another attempt may help. A key that is gone
// has no grants left.
func (k keys) refused(operation string, err error) (outcome, error) {
	if aws.IsMissing(err) {
		return outcome{}, nil
	}
	problem, retry := aws.Classify(k.call(operation), err)
	if retry {
		return outcome{}, failure.Retry(problem, 0)
	}
	return outcome{problem: problem}, nil
}

// isGone reports whether a grant that was to be removed does not exist any more. KMS has two codes for it (KMS
// API, RevokeGrant, Errors); ListGrants confirms it.
func isGone(err error) bool {
	return aws.IsMissing(err) || aws.Code(err) == "InvalidGrantIdException"
}

func stillListed(k keys, ids []string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AWSRefused,
		Message:  fmt.Sprintf("KMS accepted the removal of grant %s on %s and still lists it.", ids[0], k.arn),
		NextStep: "Look at the key's grants; held access is looked at again.",
		Metadata: map[string]string{"operation": "kms:RevokeGrant", "aws_code": "none", "grant_id": ids[0], "kms_key_arn": k.arn},
	}
}
