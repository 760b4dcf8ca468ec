package limiter

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// api is a simulated API with a token bucket, as AWS's have, and what it has counted.
type api struct {
	bucket  *rate.Limiter
	latency time.Duration
	jitter  time.Duration

	mu                sync.Mutex
	passed, throttled int
}

func newAPI(perSecond float64, burst int) *api {
	return &api{bucket: rate.NewLimiter(rate.Limit(perSecond), burst), latency: 50 * time.Millisecond}
}

// call is one call, there and back.
func (a *api) call(dice *rand.Rand) Outcome {
	pass(a.latency/2 + time.Duration(dice.Float64()*float64(a.jitter)))
	ok := a.bucket.Allow()
	a.mu.Lock()
	if ok {
		a.passed++
	} else {
		a.throttled++
	}
	a.mu.Unlock()
	pass(a.latency / 2)
	if ok {
		return Passed
	}
	return Throttled
}

// reset begins to count anew.
func (a *api) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.passed, a.throttled = 0, 0
}

// counted is what the API has counted in a time.
type counted struct {
	used      float64 // calls that passed, as a part of those that the limit allows
	throttled float64 // calls that were throttled, as a part of all
}

func (a *api) counted(over time.Duration) counted {
	a.mu.Lock()
	defer a.mu.Unlock()
	return counted{
		used:      float64(a.passed) / (float64(a.bucket.Limit()) * over.Seconds()),
		throttled: float64(a.throttled) / float64(max(a.passed+a.throttled, 1)),
	}
}

func (c counted) String() string {
	return fmt.Sprintf("used %.1f %% of the limit, throttled %.2f %%", 100*c.used, 100*c.throttled)
}

// crowd is callers that call all the time, through several workers' limiters.
type crowd struct {
	limiters []*Limiter
	stop     context.CancelFunc
	all      sync.WaitGroup
}

// gather sets so many callers of each limiter to work.
func gather(a *api, callers int, limiters ...*Limiter) *crowd {
	ctx, stop := context.WithCancel(context.Background())
	c := &crowd{limiters: limiters, stop: stop}
	for i, l := range limiters {
		for j := range callers {
			dice := rand.New(rand.NewPCG(uint64(i), uint64(j))) //nolint:gosec // repeatable on purpose
			c.all.Go(func() {
				for {
					turn, err := l.Wait(ctx)
					if err != nil {
						return
					}
					turn.Done(a.call(dice))
				}
			})
		}
	}
	return c
}

// disperse ends the callers.
func (c *crowd) disperse() {
	c.stop()
	c.all.Wait()
	synctest.Wait()
}

// watch lets the callers go on for a time, and answers what the API counted in it.
func watch(a *api, over time.Duration) counted {
	a.reset()
	pass(over)
	return a.counted(over)
}

// pass lets time pass, in no time.
func pass(d time.Duration) { <-time.After(d) }
