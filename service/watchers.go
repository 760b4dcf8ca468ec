package service

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/workflows"
)

// watchers counts the watches of each caller, so that one that forgets to end them leaves room for others.
type watchers struct {
	limit int

	mu   sync.Mutex
	each map[string]int
}

func newWatchers(limit int) *watchers { return &watchers{limit: limit, each: map[string]int{}} }

// join counts one more watch until leave is called, or refuses it.
func (w *watchers) join(ctx context.Context) (leave func(), err error) {
	caller := identity.From(ctx)
	key := keyOf(ctx, caller)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.each[key] >= w.limit {
		return nil, tooManyWatches(caller, w.limit)
	}
	w.each[key]++
	return func() { w.leave(key) }, nil
}

func (w *watchers) leave(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.each[key]--; w.each[key] == 0 {
		delete(w.each, key)
	}
}

// tooManyWatches refuses a watch of a caller that has too many.
func tooManyWatches(caller workflows.Caller, most int) error {
	limit := fmt.Sprintf("%d watches at a time", most)
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_RATE_LIMITED,
		message:  fmt.Sprintf("%s has as many watches open as it may have, %s.", callerInWords(caller), limit),
		nextStep: "End one, or share one among those who want to know, then watch again.",
		metadata: map[string]string{"caller": caller.Name, "limit": limit},
	}
}

// promptStream receives a request that comes in time. A stream has no deadline, and one whose caller never says what it wants
// would hold a place for ever.
type promptStream struct {
	grpc.ServerStream
	timeout time.Duration
}

// RecvMsg receives a message. When it is late the stream is over, and with it the wait for the message.
func (p *promptStream) RecvMsg(message any) error {
	received := make(chan error, 1)
	go func() { received <- p.ServerStream.RecvMsg(message) }()
	late := time.NewTimer(p.timeout)
	defer late.Stop()
	select {
	case err := <-received:
		return err
	case <-late.C:
		return context.DeadlineExceeded
	}
}
