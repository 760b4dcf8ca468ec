package cell

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/canary"
	"rekey/workflows/planning"
)

// claim locks the canaries that are to be migrated, and registers the use of their keys. What another migration
// has claimed is refused.
func (c *cell) claim(ctx workflow.Context) error {
	if c.claimed {
		return nil
	}
	in := workflows.ClaimInput{Account: c.in.Cell.Account, Holder: c.holder(), Uses: c.pairs()}
	for _, item := range c.canaries {
		if canary.Unfinished(item) {
			in.Canaries = append(in.Canaries, item.Recorded.ID)
		}
	}
	if len(in.Canaries) == 0 {
		return nil
	}
	claimed, err := call.Do[workflows.ClaimResult](ctx, call.Registry, workflows.ClaimActivity, "claim the canaries", in)
	if err != nil {
		return err
	}
	c.refuseLocked(ctx, claimed.Locked)
	c.claimed = true
	return nil
}

func (c *cell) refuseLocked(ctx workflow.Context, locked map[string]workflows.Holder) {
	for i := range c.canaries {
		item := &c.canaries[i]
		other, ok := locked[item.Recorded.ID]
		if !ok || !canary.Unfinished(*item) {
			continue
		}
		leaveTo(item, planning.Locked(item.Recorded.Name, other))
		item.Updated = workflow.Now(ctx)
	}
	c.Changed()
}

// leaveTo leaves a canary where it is that another migration has claimed. One that was to be taken up again may have its new
// settings: it rests as before, for the reason of before, by which it is told what of its access it needs.
func leaveTo(item *workflows.Canary, because *workflows.Problem) {
	if item.Earlier != nil {
		*item = *item.Earlier
		item.Notices = append(item.Notices, *because)
		return
	}
	item.State, item.Problem = workflows.Blocked, because
	if item.Before != "" {
		item.State = item.Before
	}
}

// release gives back the claims, and the uses of all pairs but those to keep.
func (c *cell) release(ctx workflow.Context, keep []workflows.Pair) error {
	return call.Run(ctx, call.Registry, workflows.ReleaseActivity, "release the claims",
		workflows.ReleaseInput{Account: c.in.Cell.Account, Holder: c.holder(), Keep: keep})
}

func (c *cell) holder() workflows.Holder {
	return workflows.Holder{Migration: c.in.Migration, Region: c.in.Cell.Region}
}
