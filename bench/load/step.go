package load

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rekey/bench/ground"
	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	// connections are how many callers there are; each has its own.
	connections = 8
	// healthRate is how many times a second the health service is asked meanwhile.
	healthRate = 50
)

// Step is what a rate of calls met.
type Step struct {
	// Rate is how many calls a second were begun, whether or not others had ended, and Took how long they and their ends took.
	Rate int           `json:"calls_per_second"`
	Took time.Duration `json:"took_ns"`
	// InFlight is how many canaries were in the middle of their story at the end.
	InFlight int             `json:"canaries_in_flight"`
	Kinds    map[string]Kind `json:"kinds"`
	// CPU is how much of one core each process used.
	CPU map[string]float64 `json:"cpu"`
}

// step begins calls at a rate, and waits for their ends.
func (b *bench) step(ctx context.Context, perSecond int) (Step, error) {
	callers, closeAll, err := b.dialAll(connections + 1)
	if err != nil {
		return Step{}, err
	}
	defer closeAll()
	before, err := b.ground.Used()
	if err != nil {
		return Step{}, err
	}
	began := time.Now()
	t := newTally()
	random := rand.New(rand.NewPCG(b.load.Seed, uint64(perSecond))) //nolint:gosec // for load
	b.open(ctx, t, callers, perSecond, b.load.Step, func() string { return draw(random) })
	step := Step{Rate: perSecond, Took: time.Since(began), Kinds: t.summary(), CPU: map[string]float64{}}
	after, err := b.ground.Used()
	if err != nil {
		return step, err
	}
	for name, used := range after {
		step.CPU[name] = ratio((used.CPU - before[name].CPU).Seconds(), step.Took.Seconds())
	}
	if err := b.ground.Stack.Err(); err != nil {
		return step, err
	}
	m, err := b.ground.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: b.id})
	step.InFlight = ground.InFlight(m.GetMigration())
	return step, err
}

// open begins calls at a rate for some time, and returns when the last one has ended. The load is open: it does not wait for
// answers, as callers who know nothing of each other do not. The last of the callers asks for health.
func (b *bench) open(ctx context.Context, t *tally, callers []*caller, perSecond int, d time.Duration, kind func() string) {
	loaded, last := callers[:len(callers)-1], callers[len(callers)-1]
	var calls sync.WaitGroup
	one := func(c *caller, kind string, random uint64) {
		calls.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, b.load.Deadline)
			defer cancel()
			began := time.Now()
			err := b.call(ctx, c, kind, random)
			t.add(kind, time.Since(began), b.load.Deadline, err)
		})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	until, end := context.WithTimeout(ctx, d)
	defer end()
	var health sync.WaitGroup
	health.Go(func() { atRate(until, healthRate, func(int) { one(last, healthy, 0) }) })
	atRate(until, perSecond, func(n int) {
		one(loaded[n%len(loaded)], kind(), uint64(n)*2654435761) //nolint:gosec // spreads calls over the canaries
	})
	health.Wait()
	calls.Wait()
}

// atRate does something at a rate, until the context ends. What it is late with it makes up for.
func atRate(ctx context.Context, perSecond int, do func(n int)) {
	limiter := rate.NewLimiter(rate.Limit(perSecond), max(perSecond/10, 1))
	for n := 0; limiter.Wait(ctx) == nil; n++ {
		do(n)
	}
}
