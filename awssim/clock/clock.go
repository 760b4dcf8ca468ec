// Package clock is the simulated world's time: it starts at a given instant and runs a settable number of
// times faster than real time. Everything that AWS would date (runs, grants, response headers) is dated by
// it; everything that belongs to the transport (request signatures, session expiry) is not, because a
// client signs with its own clock.
package clock

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells simulated time and calls functions at simulated instants, one after another, in order of their
// instants. It is safe for concurrent use.
type Clock struct {
	start time.Time // simulated
	real  time.Time // the real instant at which the simulated one was start
	scale float64
	ahead atomic.Int64 // what Advance has added to the simulated time, in nanoseconds

	mu     sync.Mutex
	events events
	seq    uint64
	wake   chan struct{}
	done   chan struct{}
	ended  chan struct{}
}

// New starts a clock at the simulated instant start that runs scale times faster than real time; scale must
// be positive. Close ends it.
func New(start time.Time, scale float64) *Clock {
	c := &Clock{
		start: start, real: time.Now(), scale: scale,
		wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
	}
	go c.run()
	return c
}

// Now is the simulated instant.
func (c *Clock) Now() time.Time {
	return c.start.Add(time.Duration(c.ahead.Load()) + time.Duration(float64(time.Since(c.real))*c.scale))
}

// Shown says whether a client that once read the clock, and has gone by its own ever since, may take t for the
// time now, give or take the slack.
func (c *Clock) Shown(t time.Time, slack time.Duration) bool {
	passed := time.Since(c.real)
	latest := c.start.Add(time.Duration(c.ahead.Load()) + max(passed, time.Duration(float64(passed)*c.scale)))
	return !t.Before(c.start.Add(-slack)) && !t.After(latest.Add(slack))
}

// Scale is how many simulated seconds pass in a real one.
func (c *Clock) Scale() float64 { return c.scale }

// At calls f once when the simulated instant t has come, immediately when it has passed. Functions run on the
// clock's one goroutine: f must not block, and may call At.
func (c *Clock) At(t time.Time, f func()) {
	c.mu.Lock()
	c.seq++
	heap.Push(&c.events, event{at: t, seq: c.seq, f: f})
	first := c.events[0].seq == c.seq
	c.mu.Unlock()
	if first {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// After calls f when d of simulated time has passed.
func (c *Clock) After(d time.Duration, f func()) { c.At(c.Now().Add(d), f) }

// Advance lets d of simulated time pass at once: everything that falls due meanwhile happens, each at its own instant,
// before it returns. A world that is advanced by its tests alone neither waits nor hurries. It must not be called by
// the clock's own functions.
func (c *Clock) Advance(d time.Duration) {
	for until := c.Now().Add(d); ; {
		at := c.following(until)
		if wait := at.Sub(c.Now()); wait > 0 {
			c.ahead.Add(int64(wait))
		}
		done := make(chan struct{})
		c.At(at, func() { close(done) })
		select {
		case c.wake <- struct{}{}: // what it waits for may be due now
		default:
		}
		select {
		case <-done:
		case <-c.done:
			return
		}
		if !at.Before(until) {
			return
		}
	}
}

// following is the instant at which the next function is due, at most until.
func (c *Clock) following(until time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) > 0 && c.events[0].at.Before(until) {
		return c.events[0].at
	}
	return until
}

// Close ends the clock: functions that are due later are never called, and none is running when it returns.
func (c *Clock) Close() {
	close(c.done)
	<-c.ended
}

func (c *Clock) run() {
	defer close(c.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		f, wait := c.next()
		if f != nil {
			select {
			case <-c.done:
				return
			default:
			}
			f()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-c.wake:
		case <-c.done:
			return
		}
	}
}

// next takes the function that is due, or says how long (in real time) the next one is off.
func (c *Clock) next() (func(), time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) == 0 {
		return nil, time.Hour
	}
	if wait := c.events[0].at.Sub(c.Now()); wait > 0 {
		return nil, time.Duration(float64(wait)/c.scale) + 1
	}
	return heap.Pop(&c.events).(event).f, 0
}

type event struct {
	at  time.Time
	seq uint64
	f   func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].seq < e[j].seq
	}
	return e[i].at.Before(e[j].at)
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = event{}
	*e = old[:len(old)-1]
	return last
}
