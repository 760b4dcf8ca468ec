package access

import (
	"context"
	"slices"

	"go.temporal.io/sdk/activity"

	"rekey/workflows"
)

// watched is what a look at the pairs' canaries finds. A watch looks at the account again and again, and all of its Regions
// have pages of canaries that have nothing to do with it: where an earlier attempt has found those of the roles, it is there
// that this one looks, and only if a last run there did not pass.
func (a *Activities) watched(ctx context.Context, in workflows.AwaitDenialInput) (observation, error) {
	where, ok := remembered(ctx)
	if in.Last || !ok {
		return a.search(ctx, in.Cell)
	}
	var troubled []string
	for _, region := range where {
		failed := map[string]bool{}
		if err := a.lastRuns(ctx, workflows.Cell{Account: in.Cell.Account, Region: region}, failed); err != nil {
			return observation{}, err
		}
		if len(failed) > 0 {
			troubled = append(troubled, region)
		}
	}
	seen, passing := observe(troubled, a.read(ctx, in.Cell.Account, troubled), isPatient(ctx))
	return seen, retried(passing)
}

// remember lets the next attempt know the Regions that have canaries of the roles. It is the activity's heartbeat that tells
// it; where that is lost, the next attempt searches. Where a Region could not be searched, so does it.
func remember(ctx context.Context, seen observation, found []consumer) {
	if _, ok := remembered(ctx); ok || len(seen.unsearched) > 0 {
		return
	}
	where := []string{}
	for _, c := range found {
		if !slices.Contains(where, c.cell.Region) {
			where = append(where, c.cell.Region)
		}
	}
	activity.RecordHeartbeat(ctx, where)
}

// remembered are the Regions that an earlier attempt has found, and false where there was none that tells.
func remembered(ctx context.Context) ([]string, bool) {
	if !activity.HasHeartbeatDetails(ctx) {
		return nil, false
	}
	var where []string
	err := activity.GetHeartbeatDetails(ctx, &where)
	return where, err == nil && where != nil
}
