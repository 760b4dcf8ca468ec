package matrix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"rekey/awssim/journal"
	"rekey/awssim/sim"
	"rekey/durable/kill/lasting"
	"rekey/durable/kill/scenario"
)

// Times of a batch, in real time.
const (
	// grace is how long those that are held wait for the others of the batch to come to their targets too, so that one kill
	// does for several. It is well below a workflow task's timeout, 10 seconds, after which Temporal would have given the
	// held task to somebody else.
	grace = 4 * time.Second
	// mostBatch bounds a batch: what has not ended by then is stuck, on a busy machine too.
	mostBatch = 15 * time.Minute
)

// end is what a play came to.
type end struct {
	progress
	changes  lasting.Changes
	outcomes []string
	lost     int
	caused   int
	stranded []string
	took     time.Duration
	err      error
}

// part is one play of a batch.
type part struct {
	number int
	victim string
	target *sighting
	last   int // stage
}

// batch plays parts side by side in a world of their own, and kills their victims whenever some of them have come to their
// targets.
type batch struct {
	rig    *rig
	world  *sim.Sim
	parts  []part
	stages func(stage int, e end) // is told how a part is after each of its stages; nil for nobody
}

func (b *batch) run(ctx context.Context) ([]end, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, mostBatch, fmt.Errorf("it did not end in %s", mostBatch))
	defer cancel()
	defer b.world.Close()
	b.rig.watch.begin(b.parts)
	b.rig.aws.Use(b.world)
	ends := make([]end, len(b.parts))
	played := make(chan struct{})
	var all sync.WaitGroup
	for i, p := range b.parts {
		all.Go(func() { ends[i] = b.play(ctx, p) })
	}
	go func() {
		all.Wait()
		close(played)
	}()
	err := b.kills(ctx, played)
	if err != nil {
		cancel()
	}
	<-played
	return ends, err
}

// kills kills the victims of those that are held, until all are played.
func (b *batch) kills(ctx context.Context, played <-chan struct{}) error {
	for {
		select {
		case <-played:
			return nil
		case h := <-b.rig.watch.held:
			groups := byVictim(b.gather(h))
			for _, victim := range slices.Sorted(maps.Keys(groups)) {
				if err := b.kill(ctx, victim, groups[victim]); err != nil {
					return err
				}
			}
		}
	}
}

// kill kills a victim for those that are held, and starts it again.
func (b *batch) kill(ctx context.Context, victim string, held []*hold) error {
	if err := b.rig.kill(victim); err != nil {
		return err
	}
	for _, h := range held {
		h.release()
	}
	if err := b.rig.restart(ctx, victim); err != nil {
		return fmt.Errorf("starting %s again: %w", victim, err)
	}
	b.rig.watch.again(held)
	return nil
}

func byVictim(held []*hold) map[string][]*hold {
	groups := map[string][]*hold{}
	for _, h := range held {
		groups[h.victim] = append(groups[h.victim], h)
	}
	return groups
}

// gather waits a little for the others of the batch to be held too.
func (b *batch) gather(first *hold) []*hold {
	held := []*hold{first}
	late := time.NewTimer(grace)
	defer late.Stop()
	for b.rig.watch.unhit() > 0 || len(b.rig.watch.held) > 0 {
		select {
		case h := <-b.rig.watch.held:
			held = append(held, h)
		case <-late.C:
			return held
		}
	}
	return held
}

// play plays one part.
func (b *batch) play(ctx context.Context, p part) end {
	begun := time.Now()
	api, err := b.rig.dial(fmt.Sprint("play-", p.number))
	if err != nil {
		return end{err: err}
	}
	defer func() { _ = api.Close() }() // nobody waits for it any more
	play := &scenario.Play{Number: p.number, API: api, Heard: func() { b.rig.watch.heard(p.number) }}
	var last end
	err = play.Run(ctx, p.last, func(ctx context.Context, stage int) error {
		last = b.judge(p.number)
		outcomes, err := play.Outcomes(ctx)
		last.outcomes = outcomes
		if b.stages != nil && err == nil {
			b.stages(stage, last)
		}
		b.rig.watch.passed(p.number, stage)
		return err
	})
	if err != nil {
		last = b.judge(p.number)
		last.err = err
		if errors.Is(err, context.DeadlineExceeded) {
			last.err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
	last.progress, last.took = b.rig.watch.of(p.number), time.Since(begun)
	return last
}

// judge is what a play has come to in its part of the world.
func (b *batch) judge(number int) end {
	var names scenario.Names
	var own []journal.Entry
	for _, entry := range b.world.World.Journal.Since(0) {
		if names.Play(entry.Account+" "+entry.Resource) == number {
			own = append(own, entry)
		}
	}
	e := end{changes: lasting.Of(own, names.Common)}
	for _, outcome := range b.world.Verdict().Troubled().Outcomes {
		if names.Play(outcome.ARN) != number {
			continue
		}
		for _, gap := range outcome.Gaps {
			e.lost += gap.Lost
		}
		for _, failure := range outcome.Failures {
			if failure.Caused {
				e.caused++
			}
		}
	}
	for _, found := range b.world.Stranded() {
		if names.Play(found.By) == number && strings.HasSuffix(found.By, "/"+scenario.MemberRole) {
			e.stranded = append(e.stranded, names.Common(fmt.Sprintf("%+v", found)))
		}
	}
	return e
}
