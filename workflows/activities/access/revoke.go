package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

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
	// parallelRemovals is how many pairs are dealt with at a time: a cell has as many as it has roles.
	parallelRemovals = 4
)

// Revoke looks at every Region of the account for canaries that need the pairs, and removes the listed access of
// those pairs that nobody needs. Looking and removing are one activity, under the registry's leases, so that
// nothing that rekey does comes between; only key policies are left to their owner, which the caller asks under the same
// leases.
//
// Exactly what is listed is removed: grants by their ids, role policies if they are what they are known as. What is gone
// already counts as removed, whoever uses the pair, so that a repeat after a removal says the same. A pair is answered as
// held when the migration itself needs it (Needed), a canary uses it (OLD_ACCESS_IN_USE), a Region could not be searched
// (REGION_NOT_SEARCHED), or AWS refuses the removal. While removed access is still listed, an update of a canary has not
// settled, or a run of before a canary's last change goes on, the activity ends with NotYet, and looks at everything again
// in its next attempt.
func (a *Activities) Revoke(ctx context.Context, in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
	taken, err := recallTaken(ctx)
	if err != nil {
		return nil, err
	}
	removals := make([]*removal, len(in.Pairs))
	err = ofEach(removals, func(i int) (err error) {
		removals[i], err = a.removal(ctx, in, in.Pairs[i], taken)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := a.hold(ctx, in, removals); err != nil {
		return nil, err
	}
	var listed atomic.Int64
	err = ofEach(removals, func(i int) error {
		n, err := removals[i].remove(ctx)
		listed.Add(int64(n))
		return err
	})
	if err != nil {
		return nil, err
	}
	if n := listed.Load(); n > 0 {
		message := fmt.Sprintf("%d removed permissions are still listed", n)
		return nil, failure.Wait(message, in.Poll.Delay(cmp.Or(in.Poll.Every, revokePoll)))
	}
	results, since := make([]workflows.RevokeResult, len(removals)), waited(ctx, in)
	for i, r := range removals {
		results[i] = r.dated(since)
	}
	return results, nil
}

// ofEach deals with removals, a few at a time. An error keeps none of the others from being dealt with.
func ofEach(removals []*removal, do func(i int) error) error {
	var all errgroup.Group
	all.SetLimit(parallelRemovals)
	for i := range removals {
		all.Go(func() error { return do(i) })
	}
	return all.Wait()
}

// waited is how long ago, in AWS's time, the removal was asked for first, by Temporal's clock: by the first attempt of this
// activity, or of an earlier one that a pause ended.
func waited(ctx context.Context, in workflows.RevokeInput) time.Duration {
	info := activity.GetInfo(ctx)
	asked := info.ScheduledTime
	if !in.Asked.IsZero() && in.Asked.Before(asked) {
		asked = in.Asked
	}
	return in.Poll.Length(max(info.StartedTime.Sub(asked), 0))
}

// removal is what is done about a pair.
type removal struct {
	pair     workflows.RevokePair
	key      keys
	there    []workflows.AccessChange // the grants that exist, with their ids
	listed   time.Time                // AWS's date of the list that they are from
	policies []*rolePolicy            // of the role, that are to go
	result   workflows.RevokeResult

	taken  *taken
	partly bool // a pause holds the pair, and does not end the attempt
}

// dated is the result, dated before anything was removed: an earlier attempt may have removed what this one finds gone.
func (r *removal) dated(waited time.Duration) workflows.RevokeResult {
	if r.result.At.IsZero() {
		r.result.At = r.listed
	}
	if !r.result.At.IsZero() {
		r.result.At = r.result.At.Add(-waited)
	}
	return r.result
}

func (r *removal) isOpen() bool {
	return len(r.there)+len(r.policies)+len(r.result.Statements) > 0 && r.result.Held == nil
}

// removal looks which of a pair's access exists. What AWS refuses for good is put into the result, so that the other
// pairs are dealt with.
func (a *Activities) removal(ctx context.Context, in workflows.RevokeInput, pair workflows.RevokePair, taken *taken) (*removal, error) {
	cell := in.Cell
	r := &removal{
		pair: pair, key: a.keys(cell, pair.Pair.KeyARN), result: workflows.RevokeResult{Pair: pair.Pair}, taken: taken, partly: in.Partly,
	}
	var grants []workflows.AccessChange
	for _, change := range pair.Changes {
		switch change.Method {
		case workflows.ByRolePolicy:
			r.policies = append(r.policies, &rolePolicy{api: a.iam(cell), cell: cell, change: change})
		case workflows.ByKeyPolicy:
			r.result.Statements = append(r.result.Statements, change)
		default:
			grants = append(grants, change)
		}
	}
	if len(grants) > 0 {
		existing, ok, err := r.existing(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			r.result.Held = cmp.Or(pair.Needed, r.result.Held)
			return r.withoutStatements(), nil
		}
		r.there, r.result.Revoked = left(grants, existing)
	}
	if r.isOpen() {
		r.result.Held = pair.Needed
	}
	return r.withoutStatements(), nil
}

// withoutStatements keeps the key policies of a held pair from being edited.
func (r *removal) withoutStatements() *removal {
	if r.result.Held != nil {
		r.result.Statements = nil
	}
	return r
}

// existing are the role's grants on the key, and false where AWS refuses for good to list them, for which the pair is
// held. A key that is gone has no grants left.
func (r *removal) existing(ctx context.Context) ([]types.GrantListEntry, bool, error) {
	grants, date, err := r.key.grants(ctx, r.pair.Pair.RoleARN)
	if err == nil || aws.IsMissing(err) {
		r.listed = date
		return grants, true, nil
	}
	return nil, false, r.refused("kms:ListGrants", err)
}

// refused holds the pair for a refusal for good, and is an error where another attempt may help.
func (r *removal) refused(operation string, err error) error {
	return r.holdFor(failure.Classified(aws.Classify(r.key.call(operation), err)))
}

// holdFor holds the pair for a failure that another attempt would not mend, so that what was done about other pairs is
// told; any other failure ends the attempt. So does a pause, unless what was done is asked for: what is gone by then is found gone
// when it is resumed.
func (r *removal) holdFor(err error) error {
	if failure.IsRefusal(err) || r.partly && failure.IsPause(err) {
		r.result.Held = failure.Problem(err)
		return nil
	}
	return err
}

// hold looks for canaries that need the pairs whose access exists, and holds those pairs.
func (a *Activities) hold(ctx context.Context, in workflows.RevokeInput, removals []*removal) error {
	if !slices.ContainsFunc(removals, (*removal).isOpen) {
		return nil
	}
	found, err := a.search(ctx, in.Cell)
	if err != nil {
		return err
	}
	baselines := baselines{activities: a, patient: isPatient(ctx), looked: map[string]seen{}}
	for _, r := range removals {
		r.result.At = found.dated
		if r.isOpen() {
			r.result.Held = held(r.pair, found)
		}
		if r.isOpen() {
			if err := r.holdFor(r.look(ctx, a, in, &baselines, found)); err != nil {
				return err
			}
		}
		r.withoutStatements()
	}
	return nil
}

// look looks for what canaries' settings don't tell: baselines, updates that have not settled, and runs that go on under
// settings of before.
func (r *removal) look(ctx context.Context, a *Activities, in workflows.RevokeInput, baselines *baselines, found observation) error {
	user, err := baselines.consumer(ctx, r.pair, found.canaries)
	if err != nil {
		return err
	}
	if user == nil {
		if user, err = a.passing(ctx, r.pair, found); err != nil {
			return err
		}
		if user != nil && activity.GetInfo(ctx).Attempt < revokeLooks {
			return failure.Wait("canary "+user.arn()+" has "+user.use, in.Poll.Delay(cmp.Or(in.Poll.Every, revokePoll)))
		}
	}
	if user != nil {
		r.result.Held = inUse(r.pair.Pair, []consumer{*user})
	}
	return nil
}

// remove removes the access of a pair that nobody needs, and answers how much of it is still listed.
func (r *removal) remove(ctx context.Context) (int, error) {
	if !r.isOpen() {
		return 0, nil
	}
	listed, err := r.removePolicies(ctx)
	if err != nil || !r.isOpen() {
		return 0, err
	}
	n, err := r.removeGrants(ctx)
	if err != nil || !r.isOpen() && len(r.there) > 0 && r.result.Held != nil {
		return 0, err
	}
	return listed + n, nil
}

func (r *removal) removePolicies(ctx context.Context) (listed int, err error) {
	for _, p := range r.policies {
		gone, held, err := p.remove(ctx)
		if err := r.holdFor(err); err != nil {
			return 0, err
		}
		switch {
		case held != nil:
			r.result.Held = held
		case err == nil && gone:
			r.result.Revoked = append(r.result.Revoked, p.change)
		case err == nil:
			listed++
		}
	}
	return listed, nil
}

func (r *removal) removeGrants(ctx context.Context) (int, error) {
	if len(r.there) == 0 {
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
	if r.isPaused() {
		r.result.Revoked = append(r.result.Revoked, r.taken.of(listed)...) // whatever the list still says
	}
	if len(listed) > 0 && r.isOpen() && activity.GetInfo(ctx).Attempt >= revokeLooks {
		r.result.Held = stillListed(r.key, listed[0].GrantID)
	}
	if r.isOpen() {
		return len(listed), nil
	}
	return 0, nil
}

// revoke asks KMS to remove the grants, each once. A refusal for good holds the pair with what is left of it.
func (r *removal) revoke(ctx context.Context) error {
	for _, grant := range r.there {
		if r.taken.has(grant) {
			continue
		}
		_, err := r.key.api.RevokeGrant(ctx, &kms.RevokeGrantInput{
			KeyId: awssdk.String(r.key.arn), GrantId: awssdk.String(grant.GrantID),
		})
		if err != nil && !isGone(err) {
			return r.refused("kms:RevokeGrant", err)
		}
		r.taken.add(ctx, grant)
	}
	return nil
}

// isPaused reports whether a pause holds what is left of the pair.
func (r *removal) isPaused() bool {
	return r.result.Held != nil && r.result.Held.Reason == workflows.Paused
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
