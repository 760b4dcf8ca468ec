package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
	"google.golang.org/grpc/peer"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/workflows"
)

const (
	// maxCallers is how many callers' rates are remembered; who called longest ago is forgotten, with a full burst.
	maxCallers = 4096
	// patience is how long a call that comes too early is kept waiting rather than refused: who takes page after page is
	// slowed down, and notices nothing.
	patience = time.Second
)

// limits is how often a caller may call: the fleet's service reads AWS live, and the others Temporal.
type limits struct {
	calls, fleet *pace
}

func newLimits(callsPerSecond, fleetCallsPerMinute float64) (*limits, error) {
	calls, err := newPace(callsPerSecond, time.Second, "a second")
	if err != nil {
		return nil, fmt.Errorf("service: Config.CallsPerSecond %w", err)
	}
	fleet, err := newPace(fleetCallsPerMinute, time.Minute, "a minute")
	if err != nil {
		return nil, fmt.Errorf("service: Config.FleetCallsPerMinute %w", err)
	}
	return &limits{calls: calls, fleet: fleet}, nil
}

// of is the pace of a method; nil where nothing bounds it, as health and reflection.
func (l *limits) of(method string) *pace {
	switch service := serviceOf(method); {
	case service == rekeyv1.FleetService_ServiceDesc.ServiceName:
		return l.fleet
	case isOurs(service):
		return l.calls
	}
	return nil
}

// admit lets a call pass, at once or in a moment, or refuses it.
func (l *limits) admit(ctx context.Context, method string) error {
	p := l.of(method)
	if p == nil {
		return nil
	}
	return p.admit(ctx)
}

// pace is a rate that each caller has for itself. Its burst is the number that it is given for its unit of time.
type pace struct {
	rate  rate.Limit
	burst int
	words string
	each  *lru.Cache[string, *rate.Limiter]
}

// newPace bounds calls to a number in a unit of time; none means no bound.
func newPace(number float64, unit time.Duration, inWords string) (*pace, error) {
	if number == 0 {
		return nil, nil
	}
	if !(number > 0) || math.IsInf(number, 1) { // also refuses what is not a number
		return nil, errors.New("is not a number from 0 on")
	}
	each, err := lru.New[string, *rate.Limiter](maxCallers)
	return &pace{
		rate:  rate.Limit(number / unit.Seconds()),
		burst: int(min(math.Ceil(number), 1e6)),
		words: fmt.Sprintf("%g calls %s", number, inWords),
		each:  each,
	}, err
}

func (p *pace) admit(ctx context.Context) error {
	caller := identity.From(ctx)
	limiter := p.limiter(keyOf(ctx, caller))
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if limiter.Wait(waiting) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	reserved := limiter.Reserve()
	defer reserved.Cancel()
	return later(rateLimited(caller, p.words), reserved.Delay())
}

func (p *pace) limiter(key string) *rate.Limiter {
	if limiter, ok := p.each.Get(key); ok {
		return limiter
	}
	limiter := rate.NewLimiter(p.rate, p.burst)
	if other, ok, _ := p.each.PeekOrAdd(key, limiter); ok {
		return other // another call of the same caller was first
	}
	return limiter
}

// keyOf tells callers apart. Names that nobody verified don't: a caller could take a new one for each call, so that all of
// a machine count as one.
func keyOf(ctx context.Context, caller workflows.Caller) string {
	if caller.Verified {
		return caller.Name
	}
	p, ok := peer.FromContext(ctx)
	if !ok || p.Addr == nil {
		return ""
	}
	host, _, _ := net.SplitHostPort(p.Addr.String())
	return "unverified " + cmp.Or(host, p.Addr.String())
}

// rateLimited refuses a call that comes too early.
func rateLimited(caller workflows.Caller, limit string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_RATE_LIMITED,
		message:  fmt.Sprintf("%s calls more often than the %s that it may make.", callerInWords(caller), limit),
		nextStep: "Wait as long as the RetryInfo says, then repeat the call; that is safe.",
		metadata: map[string]string{"caller": caller.Name, "limit": limit},
	}
}

// later lets a refusal say when to call again.
func later(err error, after time.Duration) error {
	if refused, ok := errors.AsType[*refusal](err); ok {
		refused.retryAfter = after
	}
	return err
}
