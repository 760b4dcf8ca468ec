package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	// patience is how often in a row a call is repeated while the server or the worker is away.
	patience = 60
	// pause lies between two repetitions.
	pause = time.Second
)

// watch follows the migration until it is as wanted, and returns it. A stream that breaks is taken up again where it
// broke.
func (d *demo) watch(ctx context.Context, wanted func(*rekeyv1.Migration) (bool, error)) (*rekeyv1.Migration, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the stream
	defer cancel()
	var cursor string
	for failures := 0; ; {
		stream, err := d.client.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: d.id, Cursor: cursor})
		for err == nil {
			var message *rekeyv1.WatchMigrationResponse
			if message, err = stream.Recv(); err != nil {
				break
			}
			failures, cursor = 0, message.GetCursor()
			m := message.GetSnapshot()
			if m == nil {
				m = message.GetChange()
			}
			if m == nil {
				continue // a heartbeat
			}
			if done, err := wanted(m); done || err != nil {
				return m, err
			}
		}
		if failures++; status.Code(err) != codes.Unavailable || failures > patience {
			return nil, fmt.Errorf("WatchMigration: %w", err)
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
}

// list is every canary of the migration.
func (d *demo) list(ctx context.Context) ([]*rekeyv1.Canary, error) {
	var all []*rekeyv1.Canary
	request := &rekeyv1.ListCanariesRequest{MigrationId: d.id, PageSize: 500}
	for failures := 0; ; {
		reply, err := d.client.ListCanaries(ctx, request)
		if err == nil {
			all, failures = append(all, reply.GetCanaries()...), 0
			if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
				return all, nil
			}
			continue
		}
		if failures++; status.Code(err) != codes.Unavailable || failures > patience {
			return nil, fmt.Errorf("ListCanaries: %w", err)
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
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

func list(words []string) string { return strings.Join(words, ", ") }
