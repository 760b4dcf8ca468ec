package demo

import (
	"context"
	"fmt"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
)

// pause lies between two looks at the journal.
const pause = time.Second

// watch follows the migration until it is as wanted, and returns it.
func (d *demo) watch(ctx context.Context, wanted func(*rekeyv1.Migration) (bool, error)) (*rekeyv1.Migration, error) {
	m, err := client.Watch{API: d.client, ID: d.id}.Follow(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("WatchMigration: %w", err)
	}
	return m, nil
}

// list is every canary of the migration.
func (d *demo) list(ctx context.Context) ([]*rekeyv1.Canary, error) {
	request := &rekeyv1.ListCanariesRequest{MigrationId: d.id, PageSize: 500}
	all, _, err := client.Collect(client.Canaries(ctx, d.client, request), 0)
	if err != nil {
		return nil, fmt.Errorf("ListCanaries: %w", err)
	}
	return all, nil
}

func wait(ctx context.Context) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
