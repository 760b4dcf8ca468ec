// Package registry speaks to the registry workflow of an account, which owns what the account's migrations share.
// Workflows can't send each other updates, so they do it through these activities.
package registry

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// revokingPoll is when pairs that are being revoked are asked for again: a revoke takes a few calls of AWS, in
// real time.
const revokingPoll = 2 * time.Second

// Activities speaks to registries.
type Activities struct {
	registries Registries
}

// New is a speaker to registries.
func New(r Registries) *Activities { return &Activities{r} }

// Claim claims canaries and registers the use of pairs. Canaries that another migration holds are in the answer;
// of a migration that has ended without releasing them, they are taken over. While pairs are being revoked the
// activity ends with NotYet.
//
// Each attempt asks anew, since its answer depends on what others hold by then; to claim what is held already
// changes nothing.
func (a *Activities) Claim(ctx context.Context, in workflows.ClaimInput) (workflows.ClaimResult, error) {
	ask := func(ended []string) (workflows.ClaimResult, error) {
		var result workflows.ClaimResult
		id := fmt.Sprintf("%s/%d", updateID(ctx, ended), activity.GetInfo(ctx).Attempt)
		request := workflows.ClaimRequest{ClaimInput: in, Ended: ended}
		err := a.registries.Update(ctx, in.Account, id, workflows.ClaimUpdate, request, &result)
		return result, err
	}
	result, err := ask(nil)
	if err != nil {
		return workflows.ClaimResult{}, err
	}
	ended, err := a.ended(ctx, slices.Collect(maps.Values(result.Locked)))
	if err != nil {
		return workflows.ClaimResult{}, err
	}
	if len(ended) > 0 {
		if result, err = ask(ended); err != nil {
			return workflows.ClaimResult{}, err
		}
	}
	if n := len(result.Revoking); n > 0 {
		return workflows.ClaimResult{}, failure.Wait(fmt.Sprintf("the access of %d pairs is being revoked", n), revokingPoll)
	}
	return result, nil
}

// Lease asks for the exclusive right to revoke pairs. Pairs that another migration uses are in the answer as
// busy, unless that migration has ended without giving them back.
func (a *Activities) Lease(ctx context.Context, in workflows.LeaseInput) (workflows.LeaseResult, error) {
	ask := func(ended []string) (workflows.LeaseResult, error) {
		var result workflows.LeaseResult
		request := workflows.LeaseRequest{LeaseInput: in, Ended: ended}
		err := a.registries.Update(ctx, in.Account, updateID(ctx, ended), workflows.LeaseUpdate, request, &result)
		return result, err
	}
	result, err := ask(nil)
	if err != nil {
		return workflows.LeaseResult{}, err
	}
	var holders []string
	for _, b := range result.Busy {
		holders = append(holders, b.Holder.Migration)
	}
	holders = slices.DeleteFunc(holders, func(m string) bool { return m == in.Holder.Migration })
	ended, err := a.ended(ctx, holders)
	if err != nil || len(ended) == 0 {
		return result, err
	}
	return ask(ended)
}

// Release gives back all that a holder holds in an account.
func (a *Activities) Release(ctx context.Context, in workflows.ReleaseInput) error {
	return a.registries.Update(ctx, in.Account, updateID(ctx, nil), workflows.ReleaseUpdate, in, nil)
}

// EndLease gives back leases.
func (a *Activities) EndLease(ctx context.Context, in workflows.LeaseInput) error {
	return a.registries.Update(ctx, in.Account, updateID(ctx, nil), workflows.EndLeaseUpdate, in, nil)
}

// EndUses gives back the registered uses of pairs.
func (a *Activities) EndUses(ctx context.Context, in workflows.LeaseInput) error {
	return a.registries.Update(ctx, in.Account, updateID(ctx, nil), workflows.EndUsesUpdate, in, nil)
}

// ended are those of the migrations that are not open any more, each once, in order.
func (a *Activities) ended(ctx context.Context, migrations []string) ([]string, error) {
	slices.Sort(migrations)
	var list []string
	for _, m := range slices.Compact(migrations) {
		open, err := a.registries.IsOpen(ctx, workflows.MigrationID(m))
		if err != nil {
			return nil, err
		}
		if !open {
			list = append(list, m)
		}
	}
	return list, nil
}

// updateID names an activity's update: the same for each of its attempts, so that one whose answer was lost is
// answered the same, and another for the question that follows the first.
func updateID(ctx context.Context, ended []string) string {
	info := activity.GetInfo(ctx)
	id := info.WorkflowExecution.RunID + "/" + info.ActivityID
	if len(ended) > 0 {
		id += "/ended"
	}
	return id
}
