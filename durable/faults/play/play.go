// Package play carries a script out on a stage: it does every act at its time, steers the migrations as an operator would,
// and waits until they rest.
package play

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"rekey/awssim/fault"
	"rekey/durable/faults/script"
	"rekey/durable/faults/stage"
	rekeyv1 "rekey/gen/rekey/v1"
)

// Play is a script on a stage, with what has happened so far.
type Play struct {
	Stage  *stage.Stage
	Script *script.Script
	// Migrations are as they rested last, by their place in the script; nil for those that were never created or never
	// rested.
	Migrations []*rekeyv1.Migration
	// Edited are the canaries that owners edited, by ARN: their settings are not the migration's alone.
	Edited map[string]bool
	// Deleted are the canaries that owners deleted, by ARN.
	Deleted map[string]bool
	// Done counts the acts that were faults, by kind.
	Done map[script.Kind]int

	start    time.Time     // simulated
	approved chan struct{} // closed when the first migration is approved, or comes to rest without

	mu    sync.Mutex
	ids   []string
	told  []string
	rules map[bool][]fault.Rule // the weather, of the early acts and of the late ones
	over  int                   // of the two lists of acts
	once  sync.Once
}

// New is a play that has not begun.
func New(st *stage.Stage, s *script.Script) *Play {
	n := len(s.Migrations)
	return &Play{
		Stage: st, Script: s, Migrations: make([]*rekeyv1.Migration, n), ids: make([]string, n),
		Edited: map[string]bool{}, Deleted: map[string]bool{}, Done: map[script.Kind]int{}, start: st.Sim.World.Clock.Now(),
		approved: make(chan struct{}), rules: map[bool][]fault.Rule{},
	}
}

// Run plays the script to its end, lets what is to be tried again be tried again and what is to be rolled back be rolled
// back, and lets every canary run on. Its error says which migration did not come to rest before the context ended; what
// rested is in Migrations all the same.
func (p *Play) Run(ctx context.Context) error {
	var resting sync.WaitGroup
	faults := make([]error, len(p.ids))
	for i := range p.ids {
		resting.Go(func() { faults[i] = p.operate(ctx, i) })
	}
	resting.Go(func() { p.acts(ctx, p.Script.Early, 0) })
	select {
	case <-p.approved:
	case <-ctx.Done():
	}
	p.acts(ctx, p.Script.Late, p.now())
	resting.Wait()
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	// Every canary runs twice more: its longest interval is six minutes.
	return p.until(ctx, p.now()+13*time.Minute)
}

// acts does acts at their times after an instant.
func (p *Play) acts(ctx context.Context, acts []script.Act, after time.Duration) {
	for _, a := range acts {
		if err := p.until(ctx, after+a.At); err != nil {
			break
		}
		p.act(ctx, a, after > 0)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over++
}

// isOver reports whether nothing of the script happens any more.
func (p *Play) isOver() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over == 2
}

// now is the simulated time since the world's start.
func (p *Play) now() time.Duration { return p.Stage.Sim.World.Clock.Now().Sub(p.start) }

// until waits for a simulated time after the world's start, with all that happens before.
func (p *Play) until(ctx context.Context, at time.Duration) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Stage.Sim.WaitUntil(p.start.Add(at)) // ends with the simulation, too
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ID is the id of the i-th migration, empty when it was never created.
func (p *Play) ID(i int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ids[i]
}

func (p *Play) tell(format string, args ...any) {
	line := fmt.Sprintf("%7s  ", p.now().Round(time.Second)) + fmt.Sprintf(format, args...)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, line)
}

// String is what happened, a line for each act, to be read after a failure.
func (p *Play) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.told, "\n")
}

// Letter names a migration of the script: A is the first.
func Letter(i int) string { return string(rune('A' + i)) }
