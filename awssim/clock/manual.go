package clock

import (
	"container/heap"
	"sync"
	"time"
)

// Manual is a clock that stands still until it is advanced, for tests of a single service. It is safe for
// concurrent use.
type Manual struct {
	mu     sync.Mutex
	now    time.Time
	events events
	seq    uint64
}

// NewManual is a clock that stands at start.
func NewManual(start time.Time) *Manual { return &Manual{now: start} }

// Now is the simulated instant.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// At has f called by the Advance that reaches t; by the next one when t has passed.
func (m *Manual) At(t time.Time, f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seq++
	heap.Push(&m.events, event{at: t, seq: m.seq, f: f})
}

// Advance moves the clock on by d and calls what becomes due on the way, in order of the instants and on the
// caller's goroutine; Now is the instant of the function that runs.
func (m *Manual) Advance(d time.Duration) {
	target := m.Now().Add(d)
	for {
		f := m.due(target)
		if f == nil {
			return
		}
		f()
	}
}

// due takes the next function that is due at target, or moves the clock there.
func (m *Manual) due(target time.Time) func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.events) == 0 || m.events[0].at.After(target) {
		m.now = target
		return nil
	}
	e := heap.Pop(&m.events).(event)
	if e.at.After(m.now) {
		m.now = e.at
	}
	return e.f
}
