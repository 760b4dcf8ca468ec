// Package registry speaks to the registry workflow of an account, which owns what the account's migrations share.
// Workflows can't send each other updates, so they do it through these activities.
package registry

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	keys       Keys
}

// New is a speaker to registries, and to the owners of keys' policies.
func New(r Registries, k Keys) *Activities { return &Activities{registries: r, keys: k} }

// Claim claims canaries and registers the use of pairs. Canaries that another migration holds are in the answer; what
// is held by a cell's work that has ended without giving it back is taken over. While pairs are being revoked the
// activity ends with NotYet.
//
// Each attempt asks anew, since its answer depends on what others hold by then; to claim what is held already
// changes nothing.
func (a *Activities) Claim(ctx context.Context, in workflows.ClaimInput) (workflows.ClaimResult, error) {
	ask := func(ended []workflows.Holder) (workflows.ClaimResult, error) {
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
	holders := append(slices.Collect(maps.Values(result.Locked)), holdersOf(result.Revoking)...)
	ended, err := a.ended(ctx, in.Account, holders)
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

// Lease asks for the exclusive right to revoke pairs. Pairs that another cell's work uses are in the answer as busy,
// unless it has ended without giving them back.
func (a *Activities) Lease(ctx context.Context, in workflows.LeaseInput) (workflows.LeaseResult, error) {
	ask := func(ended []workflows.Holder) (workflows.LeaseResult, error) {
		var result workflows.LeaseResult
		request := workflows.LeaseRequest{LeaseInput: in, Ended: ended}
		err := a.registries.Update(ctx, in.Account, updateID(ctx, ended), workflows.LeaseUpdate, request, &result)
		return result, err
	}
	result, err := ask(nil)
	if err != nil {
		return workflows.LeaseResult{}, err
	}
	ended, err := a.ended(ctx, in.Account, holdersOf(result.Busy))
	if err != nil || len(ended) == 0 {
		return result, err
	}
	return ask(ended)
}

func holdersOf(busy []workflows.Busy) []workflows.Holder {
	var list []workflows.Holder
	for _, b := range busy {
		list = append(list, b.Holder)
	}
	return list
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

// ended are those of the holders whose work in their cell is not open any more, each once, in order.
func (a *Activities) ended(ctx context.Context, account string, holders []workflows.Holder) ([]workflows.Holder, error) {
	slices.SortFunc(holders, func(x, y workflows.Holder) int {
		return cmp.Or(strings.Compare(x.Migration, y.Migration), strings.Compare(x.Region, y.Region))
	})
	var list []workflows.Holder
	for _, h := range slices.Compact(holders) {
		cell := workflows.Cell{Account: account, Region: h.Region}
		open, err := a.registries.IsOpen(ctx, workflows.CellID(h.Migration, cell))
		if err != nil {
			return nil, err
		}
		if !open {
			list = append(list, h)
		}
	}
	return list, nil
}

// updateID names an activity's update: the same for each of its attempts, so that one whose answer was lost is
// answered the same, and another for the question that follows the first.
func updateID(ctx context.Context, ended []workflows.Holder) string {
	info := activity.GetInfo(ctx)
	id := info.WorkflowExecution.RunID + "/" + info.ActivityID
	if len(ended) > 0 {
		id += "/ended"
	}
	return id
}
