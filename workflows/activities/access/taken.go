package access

import (
	"context"
	"slices"
	"sync"

	"go.temporal.io/sdk/activity"

	"rekey/workflows"
)

// taken are the grants whose removal KMS took, in this attempt or one before: it may list them for some minutes more. The heartbeat
// carries their ids from attempt to attempt. It is safe for concurrent use.
type taken struct {
	mu  sync.Mutex
	ids []string
}

// recallTaken are those that an earlier attempt remembered.
func recallTaken(ctx context.Context) (*taken, error) {
	t := &taken{}
	if !activity.HasHeartbeatDetails(ctx) {
		return t, nil
	}
	err := activity.GetHeartbeatDetails(ctx, &t.ids)
	return t, err
}

func (t *taken) add(ctx context.Context, grant workflows.AccessChange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ids = append(t.ids, grant.GrantID)
	activity.RecordHeartbeat(ctx, slices.Clone(t.ids))
}

func (t *taken) has(grant workflows.AccessChange) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Contains(t.ids, grant.GrantID)
}

// of are those of the grants.
func (t *taken) of(grants []workflows.AccessChange) []workflows.AccessChange {
	return slices.DeleteFunc(slices.Clone(grants), func(g workflows.AccessChange) bool { return !t.has(g) })
}
