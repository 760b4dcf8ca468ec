package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
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
// Exactly the listed grants are removed, by their ids; one that is gone already counts as removed, whoever uses the
// pair, so that a repeat after a removal says the same. A pair is answered as held when the migration itself needs it
// (Needed), a canary uses it (OLD_ACCESS_IN_USE), a Region could not be searched (REGION_NOT_SEARCHED), or AWS refuses
// the removal. While a removed grant is still listed the activity ends with NotYet, and looks at everything again in
// its next attempt.
func (a *Activities) Revoke(ctx context.Context, in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
	removals := make([]*removal, len(in.Pairs))
	for i, pair := range in.Pairs {
		var err error
		if removals[i], err = a.removal(ctx, in.Cell, pair); err != nil {
			return nil, err
		}
	}
	if err := a.hold(ctx, in.Cell, removals); err != nil {
		return nil, err
	}
	results := make([]workflows.RevokeResult, len(removals))
	listed := 0
	for i, r := range removals {
		n, err := r.remove(ctx)
		if err != nil {
			return nil, err
		}
		listed += n
		results[i] = r.result
	}
	if listed > 0 {
		message := fmt.Sprintf("%d removed grants are still listed", listed)
		return nil, failure.Wait(message, in.Poll.Delay(cmp.Or(in.Poll.Every, revokePoll)))
	}
	return results, nil
}

// removal is what is done about a pair.
type removal struct {
	pair   workflows.RevokePair
	key    keys
	there  []workflows.AccessChange // the grants that exist, with their ids
	result workflows.RevokeResult
}

func (r *removal) isOpen() bool { return len(r.there) > 0 && r.result.Held == nil }

// removal looks which of a pair's grants exist. What AWS refuses for good is put into the result, so that the other
// pairs are dealt with.
func (a *Activities) removal(ctx context.Context, cell workflows.Cell, pair workflows.RevokePair) (*removal, error) {
	r := &removal{pair: pair, key: a.keys(cell, pair.Pair.KeyARN), result: workflows.RevokeResult{Pair: pair.Pair}}
	existing, ok, err := r.existing(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		r.result.Held = cmp.Or(pair.Needed, r.result.Held)
		return r, nil
	}
	r.there, r.result.Revoked = left(pair.Grants, existing)
	if len(r.there) > 0 {
		r.result.Held = pair.Needed
	}
	return r, nil
}

// existing are the role's grants on the key, and false where AWS refuses for good to list them, for which the pair is
// held. A key that is gone has no grants left.
func (r *removal) existing(ctx context.Context) ([]types.GrantListEntry, bool, error) {
	grants, _, err := r.key.grants(ctx, r.pair.Pair.RoleARN)
	if err == nil || aws.IsMissing(err) {
		return grants, true, nil
	}
	return nil, false, r.refused("kms:ListGrants", err)
}

// refused holds the pair for a refusal for good, and is an error where another attempt may help.
func (r *removal) refused(operation string, err error) error {
	problem, retry := aws.Classify(r.key.call(operation), err)
	if retry {
		return failure.Retry(problem, 0)
	}
	r.result.Held = problem
	return nil
}

// hold looks for canaries that need the pairs whose grants exist, and holds those pairs.
func (a *Activities) hold(ctx context.Context, cell workflows.Cell, removals []*removal) error {
	if !slices.ContainsFunc(removals, (*removal).isOpen) {
		return nil
	}
	found, err := a.search(ctx, cell)
	if err != nil {
		return err
	}
	patient := activity.GetInfo(ctx).Attempt < searchAttempts
	baselines := baselines{activities: a, patient: patient, looked: map[string]seen{}}
	for _, r := range removals {
		if r.isOpen() {
			r.result.Held = held(r.pair, found)
		}
		if !r.isOpen() {
			continue
		}
		user, err := baselines.consumer(ctx, r.pair, found.canaries)
		if err != nil {
			return err
		}
		if user != nil {
			r.result.Held = inUse(r.pair.Pair, []consumer{*user})
		}
	}
	return nil
}

// remove removes the grants of a pair that nobody needs, and answers how many of them KMS still lists.
func (r *removal) remove(ctx context.Context) (int, error) {
	if !r.isOpen() {
		return 0, nil
	}
	if err := r.revoke(ctx); err != nil {
		return 0, err
	}
	existing, ok, err := r.existing(ctx)
	if err != nil || !ok {
		return 0, err
	}
	listed, gone := left(r.there, existing)
	r.result.Revoked = append(r.result.Revoked, gone...)
	if len(listed) > 0 && r.isOpen() && activity.GetInfo(ctx).Attempt >= revokeLooks {
		r.result.Held = stillListed(r.key, listed[0].GrantID)
	}
	if r.isOpen() {
		return len(listed), nil
	}
	return 0, nil
}

// revoke asks KMS to remove the grants. A refusal for good holds the pair with what is left of it.
func (r *removal) revoke(ctx context.Context) error {
	for _, grant := range r.there {
		_, err := r.key.api.RevokeGrant(ctx, &kms.RevokeGrantInput{
			KeyId: awssdk.String(r.key.arn), GrantId: awssdk.String(grant.GrantID),
		})
		if err == nil || isGone(err) {
			continue
		}
		return r.refused("kms:RevokeGrant", err)
	}
	return nil
}

// isGone reports whether a grant that was to be removed does not exist any more. KMS has two codes for it (KMS
// API, RevokeGrant, Errors); ListGrants confirms it.
func isGone(err error) bool {
	return aws.IsMissing(err) || aws.Code(err) == "InvalidGrantIdException"
}

func stillListed(k keys, id string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AWSRefused,
		Message:  fmt.Sprintf("KMS accepted the removal of grant %s on %s and still lists it.", id, k.arn),
		NextStep: "Look at the key's grants; held access is looked at again.",
		Metadata: map[string]string{"operation": "kms:RevokeGrant", "aws_code": "none", "grant_id": id, "kms_key_arn": k.arn},
	}
}
