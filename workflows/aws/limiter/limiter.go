package limiter

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Savings are what a bucket holds, in seconds of its rate: AWS's hold a second's as a rule (KMS Developer Guide, request
// quotas; AWS Account Management, quotas: "5 per second, burst to 5"), so half of one leaves room for others. Where
// calls out of savings are throttled they are halved, down to what makes up for timers that are late; from there on, it is the
// rate that is too high, which a caller may not have used up who waits for each answer.
const (
	mostSavings  = 0.5
	leastSavings = 0.02
	// saveAgain is the part by which savings come back with each call out of them that was not throttled.
	saveAgain = 0.003
)

// Limiter lets calls of one API through. It is safe for concurrent use.
type Limiter struct {
	head chan struct{} // held by the caller whose turn is next; others queue for it

	mu       sync.Mutex
	pace     pace
	bucket   *rate.Limiter
	savings  float64
	line     int       // how many wait
	resume   time.Time // no call is let through before
	promised time.Time // the turn that was promised last to one that was put off
}

// New is a limiter that uses a share of the limit that it finds: above 0 and at most 1.
func New(share float64) *Limiter {
	l := &Limiter{
		head: make(chan struct{}, 1), pace: newPace(share),
		bucket: rate.NewLimiter(firstRate, 1), savings: mostSavings,
	}
	l.adjust(time.Now())
	return l
}

// Rate is how many calls a second are let through just now.
func (l *Limiter) Rate() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.rate
}

// Turn is a call that was let through. Done must be told what became of it.
type Turn struct {
	limiter *Limiter
	epoch   int
	waited  bool // it had to wait
	saved   bool // it came out of savings
}

// Wait waits for a turn, first come, first served. It ends with the context's error, or with a *Busy for a visitor (Begin)
// who would wait too long.
func (l *Limiter) Wait(ctx context.Context) (Turn, error) {
	if !l.placed(ctx) {
		if err := l.join(ctx); err != nil {
			return Turn{}, err
		}
	}
	defer l.leave()
	if err := l.queue(ctx); err != nil {
		return Turn{}, err
	}
	defer func() { <-l.head }()
	for waited := false; ; waited = true {
		turn, delay := l.take(time.Now())
		if delay == 0 {
			turn.waited = waited
			visitOf(ctx).count()
			return turn, nil
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return Turn{}, ctx.Err()
		}
	}
}

// join lines up, unless the line is too long.
func (l *Limiter) join(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.line > 0 && l.ahead() > patience(ctx) {
		return l.putOff()
	}
	l.line++
	return nil
}

// queue waits until nobody is ahead. The rate may fall meanwhile: who has waited much longer than it was patient for when it
// joined leaves.
func (l *Limiter) queue(ctx context.Context) error {
	var tired <-chan time.Time
	if visitOf(ctx) != nil {
		timer := time.NewTimer(slack * patience(ctx))
		defer timer.Stop()
		tired = timer.C
	}
	select {
	case l.head <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-tired:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.putOff()
}

// ahead is how long the line is.
func (l *Limiter) ahead() time.Duration { return seconds(l.pace.until(float64(l.line))) }

func (l *Limiter) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line--
}

// putOff tells a visitor when to come again: each after the one before, so that they don't all come at once. No turn is
// promised that lies beyond the longest break, since nobody would come for it.
func (l *Limiter) putOff() *Busy {
	now := time.Now()
	if first := now.Add(l.ahead()); l.promised.Before(first) {
		l.promised = first
	}
	l.promised = l.promised.Add(seconds(1 / l.pace.rate))
	if last := now.Add(longestBreak); l.promised.After(last) {
		l.promised = last
	}
	return &Busy{After: max(l.promised.Sub(now), leastBreak), Rate: l.pace.rate}
}

// take takes a turn, or answers how long it is until there may be one.
func (l *Limiter) take(now time.Time) (Turn, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.resume.Sub(now); wait > 0 {
		return Turn{}, wait
	}
	if !l.resume.IsZero() {
		l.forgetSavings(now)
	}
	tokens := l.bucket.TokensAt(now)
	if !l.bucket.AllowN(now, 1) {
		return Turn{}, seconds((1-tokens)/l.pace.rate) + time.Microsecond // a rounded time may be too short
	}
	return Turn{limiter: l, epoch: l.pace.epoch, saved: tokens >= 2}, 0
}

// Outcome is what became of a call, as far as it tells of limits.
type Outcome int

// The outcomes.
const (
	Unknown   Outcome = iota // it was not answered, or a server failed
	Passed                   // it was answered, also where it was refused
	Throttled                // it was one too many
)

// Done notes what became of the call.
func (t Turn) Done(o Outcome) {
	l := t.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case o == Throttled && t.saved && l.savings >= 2*leastSavings:
		l.savings = max(l.savings/2, leastSavings) // the burst was too much, not the rate
	case o == Throttled:
		if l.pace.throttle(t.epoch) {
			l.stepAside()
		}
	case o == Passed && t.epoch == l.pace.epoch:
		l.pace.pass(t.waited)
		if t.saved {
			l.savings = min(l.savings*(1+saveAgain), mostSavings)
		}
	}
	l.adjust(time.Now())
}

// stepAside puts the next call off by some part of a turn: one that is made at the same time as that of another worker
// would meet it again and again.
func (l *Limiter) stepAside() {
	l.resume = time.Now().Add(seconds((1 + rand.Float64()) / l.pace.rate)) //nolint:gosec // nobody guesses it
}

// forgetSavings leaves a single call in the bucket: what was saved while calls were put off is not to be made up for.
func (l *Limiter) forgetSavings(now time.Time) {
	l.resume = time.Time{}
	l.bucket.AllowN(now, max(int(l.bucket.TokensAt(now))-1, 0))
}

// adjust has the bucket follow the pace.
func (l *Limiter) adjust(now time.Time) {
	l.bucket.SetLimitAt(now, rate.Limit(l.pace.rate))
	l.bucket.SetBurstAt(now, 1+int(l.pace.rate*l.savings))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
