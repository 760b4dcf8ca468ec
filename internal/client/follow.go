package client

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/cenkalti/backoff/v5"

	rekeyv1 "rekey/gen/rekey/v1"
)

// DefaultPatience is how long a server may be away before a watch gives up.
const DefaultPatience = 2 * time.Minute

// maxPause is the longest pause between two attempts to take a stream up again.
const maxPause = 5 * time.Second

// Watch follows a migration. A stream that breaks because the server is away, or has too much to do, is taken up again where it
// broke.
type Watch struct {
	// API is the service.
	API rekeyv1.MigrationServiceClient
	// ID is the migration.
	ID string
	// Patience is how long the server may be away at a time. 0 means DefaultPatience.
	Patience time.Duration
	// Trouble, when set, is told why a stream broke, each time that it is about to be taken up again.
	Trouble func(error)
}

// Follow calls show with the migration as it is, and after each change, until show says that it has seen enough or the
// migration rests. It returns the migration as it was shown last.
func (w Watch) Follow(ctx context.Context, show func(*rekeyv1.Migration) (enough bool, err error)) (*rekeyv1.Migration, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the stream
	defer cancel()
	f := &follower{Watch: w, show: show, pauses: backoff.NewExponentialBackOff(), heard: time.Now()}
	f.pauses.InitialInterval, f.pauses.MaxInterval = maxPause/20, maxPause
	if f.Patience == 0 {
		f.Patience = DefaultPatience
	}
	for {
		done, err := f.stream(ctx)
		if done {
			return f.last, err
		}
		if err := f.recover(ctx, err); err != nil {
			return f.last, err
		}
	}
}

// follower is a watch under way.
type follower struct {
	Watch
	show   func(*rekeyv1.Migration) (bool, error)
	pauses *backoff.ExponentialBackOff
	cursor string
	// heard is when the server was heard last.
	heard time.Time
	last  *rekeyv1.Migration
}

// stream follows one stream. It is done when show says so or the migration rests; else the stream broke, with an error.
func (f *follower) stream(ctx context.Context) (done bool, err error) {
	stream, err := f.API.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: f.ID, Cursor: f.cursor})
	if err != nil {
		return false, err
	}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		f.cursor, f.heard = message.GetCursor(), time.Now()
		f.pauses.Reset()
		m := message.GetSnapshot()
		if m == nil {
			m = message.GetChange()
		}
		if m == nil {
			continue // a heartbeat
		}
		f.last = m
		if enough, err := f.show(m); enough || err != nil {
			return true, err
		}
	}
}

// comesTooOften reports whether the caller has made too many calls: one that follows many migrations may, when all streams
// break together.
func comesTooOften(err error) bool { return Explain(err).Reason == "RATE_LIMITED" }

// recover waits until the stream may be taken up again. It fails with what the stream broke with where that is for good.
func (f *follower) recover(ctx context.Context, broken error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if Explain(broken).Reason == "INVALID_CURSOR" && f.cursor != "" {
		f.cursor = "" // a server of another version: it begins with a snapshot
		return nil
	}
	if !passes(broken) && !comesTooOften(broken) || time.Since(f.heard) > f.Patience {
		return broken
	}
	if f.Trouble != nil {
		f.Trouble(broken)
	}
	timer := time.NewTimer(f.pauses.NextBackOff())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
