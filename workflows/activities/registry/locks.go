package registry

import (
	"context"
	"maps"
	"slices"

	"rekey/workflows"
)

// Locks answers by whom canaries are claimed for other migrations, by their ids, and changes nothing: a plan tells of them before anybody
// approves it. What is free now may be claimed later, so a claim decides. As with a claim, what is held by a cell's work
// that has ended without giving it back is free.
func (a *Activities) Locks(ctx context.Context, in workflows.LocksInput) (map[string]workflows.Holder, error) {
	claims, err := a.registries.Claims(ctx, in.Account, in.Canaries)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(claims, func(_ string, h workflows.Holder) bool { return h.Migration == in.Holder.Migration })
	ended, err := a.ended(ctx, in.Account, slices.Collect(maps.Values(claims)))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(claims, func(_ string, h workflows.Holder) bool { return slices.Contains(ended, h) })
	return claims, nil
}
