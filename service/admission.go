package service

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/roles"
)

const (
	// shareOfOthers is which part of Config.MaxCalls each other kind of call may have in flight besides those that read.
	shareOfOthers = 4
	// tellOverload is how often, at the most, the log says that calls are turned away.
	tellOverload = 10 * time.Second
)

// admission bounds what is in flight on the server as a whole. It turns calls away before their requests are read, so that
// neither what they send nor how slowly they send it costs more than the bounds allow, and at once: who waits in a long
// queue has given up when its turn comes.
//
// Kinds of calls are apart: those that read, however many, leave room for a pause, and nothing is in the way of
// health checks.
type admission struct {
	reads, changes, fleet, watches, health, others *slots
	// timeout bounds every call from its beginning, but watches.
	timeout time.Duration
	// full is told which kind of calls is turned away.
	full func(what string)
}

// slots are how many calls of a kind may be in flight.
type slots struct {
	what  string
	limit int
	free  *semaphore.Weighted
}

func newSlots(what string, limit int) *slots {
	return &slots{what: what, limit: limit, free: semaphore.NewWeighted(int64(limit))}
}

type slotKey struct{}

// slot is one that a call has taken. It is free again when nobody holds it.
type slot struct {
	holders atomic.Int32
	free    func()
}

// hold keeps the slot taken until leave, and reports whether it still was.
func (s *slot) hold() bool {
	for {
		n := s.holders.Load()
		if n == 0 {
			return false
		}
		if s.holders.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *slot) leave() {
	if s.holders.Add(-1) == 0 {
		s.free()
	}
}

// holding handles a call while it holds its slot.
func holding(ctx context.Context, handle func() error) error {
	if taken, ok := ctx.Value(slotKey{}).(*slot); ok {
		if !taken.hold() { // the caller has gone
			return status.FromContextError(context.Cause(ctx)).Err()
		}
		defer taken.leave()
	}
	return handle()
}

func newAdmission(c Config) *admission {
	others := max(1, c.MaxCalls/shareOfOthers)
	var seldom rate.Sometimes
	seldom.Interval = tellOverload
	return &admission{
		reads:   newSlots("calls that read", c.MaxCalls),
		changes: newSlots("calls that change something", others),
		fleet:   newSlots("calls that read AWS", others),
		watches: newSlots("watches", c.MaxWatches),
		health:  newSlots("watches of health", c.MaxConnections),
		others:  newSlots("streams of reflection", others),
		timeout: c.CallTimeout,
		full: func(what string) {
			seldom.Do(func() { c.Log.Warn("overloaded: calls are turned away", "full", what) })
		},
	}
}

// enter is a tap.ServerInHandle: it takes a slot for a call and bounds how long the call takes. The context of a stream ends
// with the stream, and whoever handles it holds the slot until that has ended, too: a caller who gives up at once, again and
// again, gets no more handlers than others.
func (a *admission) enter(stream context.Context, call *tap.Info) (context.Context, error) {
	kind := a.of(call.FullMethodName)
	if kind != nil && !kind.free.TryAcquire(1) {
		a.full(kind.what)
		return stream, overloaded(kind)
	}
	taken := &slot{free: func() {
		if kind != nil {
			kind.free.Release(1)
		}
	}}
	taken.holders.Store(1)
	ctx, cancel := context.WithValue(stream, slotKey{}, taken), context.CancelFunc(func() {})
	if kind != a.watches && kind != a.health {
		ctx, cancel = context.WithTimeout(ctx, a.timeout)
	}
	context.AfterFunc(stream, func() {
		cancel()
		taken.leave()
	})
	return ctx, nil
}

// of are the slots that a method takes one of; nil where nothing bounds it.
func (a *admission) of(method string) *slots {
	role, ours := needed[method]
	switch {
	case method == healthv1.Health_Check_FullMethodName:
		return nil
	case method == healthv1.Health_Watch_FullMethodName:
		// Clients that have one for each connection call nothing while it is refused (gRPC, health checking: an error other
		// than UNIMPLEMENTED is TRANSIENT_FAILURE).
		return a.health
	case !ours:
		return a.others
	case method == rekeyv1.MigrationService_WatchMigration_FullMethodName:
		return a.watches
	case serviceOf(method) == rekeyv1.FleetService_ServiceDesc.ServiceName:
		return a.fleet
	case role == roles.Reader:
		return a.reads
	}
	return a.changes
}

// overloaded turns a call away because there are as many of its kind as the server takes.
func overloaded(kind *slots) error {
	limit := fmt.Sprintf("%d %s", kind.limit, kind.what)
	return (&refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_SERVER_OVERLOADED,
		message:  fmt.Sprintf("The server has %s in flight and takes no more just now.", limit),
		nextStep: "Wait as long as the RetryInfo says, then repeat the call; that is safe.",
		metadata: map[string]string{"limit": strconv.Itoa(kind.limit), "of": kind.what},
	}).GRPCStatus().Err()
}
