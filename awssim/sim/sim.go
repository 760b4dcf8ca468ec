// Package sim starts a simulated AWS from a fleet: the world, Synthetics with its runs, and the verdict over
// what happened.
//
//	f, err := fleet.Load("small.yaml") // or fleet.Generate(fleet.GeneratorConfig{Canaries: 20})
//	s, err := sim.New(sim.Config{Fleet: f, TimeScale: 60})
//	defer s.Close()
//	server := httptest.NewServer(s.Handler()) // the endpoint URL of every AWS client
package sim

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"rekey/awssim"
	"rekey/awssim/clock"
	"rekey/awssim/fleet"
	"rekey/awssim/stranded"
	"rekey/awssim/synthetics"
	"rekey/awssim/verdict"
)

// Config says which world is started, and how. What isn't set is taken from the fleet.
type Config struct {
	// Fleet is required. It is not changed.
	Fleet *fleet.Fleet
	// TimeScale is how many simulated seconds pass in a real one.
	TimeScale float64
	// Start is the simulated time at which the world begins.
	Start time.Time
	// Settings replace the fleet's.
	Settings *Settings
	// Observe makes Stranded find out. It costs a look at all canaries for every call that changes something.
	Observe bool
}

// Settings are the delays and switches of all parts.
type Settings struct {
	World      awssim.Settings
	Synthetics synthetics.Settings
}

// Sim is a running simulation.
type Sim struct {
	World      *awssim.World
	Synthetics *synthetics.Service
	// Fleet is what it was started from.
	Fleet *fleet.Fleet

	observer *stranded.Observer
	start    time.Time
	frozen   *awssim.Frozen
	initial  []verdict.Canary
	handler  http.Handler
	closing  sync.Once
	closed   chan struct{}
	units    map[string]bool // ids of those that exist
}

// New starts a simulation. Canaries that the fleet says are RUNNING begin to run.
func New(c Config) (*Sim, error) {
	if c.Fleet == nil {
		return nil, errors.New("starting a simulation needs a fleet")
	}
	//nolint:forbidigo // a world that isn't told when to begin begins now
	start := firstOf(c.Start, c.Fleet.Start, time.Now()).UTC().Truncate(time.Millisecond)
	contents, err := c.Fleet.Contents(start)
	if err != nil {
		return nil, err
	}
	settings := c.Settings
	if settings == nil {
		settings = &Settings{World: worldSettings(c.Fleet), Synthetics: c.Fleet.Synthetics}
	}
	scale := c.TimeScale
	if scale <= 0 {
		scale = c.Fleet.TimeScale
	}
	if scale <= 0 {
		scale = 1
	}
	ticking := clock.New(start, scale)
	world := awssim.NewWorld(ticking, settings.World)
	s := &Sim{World: world, Fleet: c.Fleet, start: start, closed: make(chan struct{}), units: map[string]bool{}}
	s.Synthetics = synthetics.New(synthetics.Config{
		Settings: settings.Synthetics, Clock: ticking, Journal: world.Journal, Authorizer: world.Authorizer(),
		Storage: world.S3, Roles: world.IAM, Keys: world.KMS,
	})
	if err := s.seed(contents); err != nil {
		s.Close()
		return nil, fmt.Errorf("seeding the simulated world: %w", err)
	}
	if c.Observe {
		s.observer = stranded.New(world, s.Synthetics)
	}
	s.handleAdmin()
	s.handler = world.Handler(s.Synthetics)
	return s, nil
}

func firstOf(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// Handler serves all services and the admin paths.
func (s *Sim) Handler() http.Handler { return s.handler }

// Close ends the clock: nothing happens by itself any more.
func (s *Sim) Close() {
	s.closing.Do(func() {
		close(s.closed)
		s.World.Clock.Close()
	})
}

// WaitUntil returns when everything that was due at or before the simulated instant t has happened, or when
// the simulation is closed.
func (s *Sim) WaitUntil(t time.Time) {
	done := make(chan struct{})
	s.World.Clock.At(t, func() { close(done) })
	select {
	case <-done:
	case <-s.closed:
	}
}

// Verdict judges what has happened up to now.
func (s *Sim) Verdict() verdict.Verdict {
	now := s.World.Clock.Now()
	// On a busy machine the clock's functions come late; what they would do isn't a lost run.
	s.WaitUntil(now)
	return verdict.Compute(verdict.Input{
		Entries: s.World.Journal.Since(0), Canaries: s.initial, Initial: s.frozen, Start: s.start, Until: now,
	})
}

// Stranded is what took from a canary what it needs, up to now; nothing unless the simulation observes.
func (s *Sim) Stranded() []stranded.Finding {
	if s.observer == nil {
		return nil
	}
	return s.observer.Findings()
}
