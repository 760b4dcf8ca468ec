package cell

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/canary"
	"rekey/workflows/failure"
)

// Waits for runs go in rounds, one activity for all waiting canaries of the cell, retried by the server. A round
// ends when a canary is ready, or when it has lasted its time; then whoever has come to wait joins the next.
const (
	lookEvery    = 10 * time.Second // AWS's time
	shortRound   = time.Minute      // AWS's time, when somebody has just come
	longestRound = time.Hour        // AWS's time, when nobody has come for long: rounds double up to this
	leastRound   = 3 * time.Second  // real time: the server's retries are no finer than about a second
)

// poller waits for the runs of all canaries of a cell.
type poller struct {
	cell    *cell
	waiting []*wait
	round   time.Duration
	cancel  workflow.CancelFunc // of the round under way
}

type wait struct {
	workflows.Waiting
	deadline time.Time
	settle   workflow.Settable
	settled  bool
}

// await joins the next round, and returns when the canary is ready.
func (p *poller) await(ctx workflow.Context, w workflows.Waiting, deadline time.Time) (workflows.Ready, error) {
	future, settle := workflow.NewFuture(ctx)
	p.waiting = append(p.waiting, &wait{Waiting: w, deadline: deadline, settle: settle})
	if p.round > shortRound {
		p.interrupt() // it would keep the newcomer waiting
	}
	p.round = shortRound
	var ready workflows.Ready
	err := future.Get(ctx, &ready)
	return ready, err
}

// interrupt ends the round under way.
func (p *poller) interrupt() {
	if p.cancel != nil {
		p.cancel()
	}
}

// loop runs the rounds.
func (p *poller) loop(ctx workflow.Context) {
	p.round = shortRound
	for {
		if err := workflow.Await(ctx, func() bool { return len(p.waiting) > 0 }); err != nil {
			return
		}
		if p.cell.mustHandOn(ctx) {
			p.settleAll(canary.ErrHandedOn)
			continue
		}
		p.look(ctx)
		p.giveUp(ctx)
	}
}

// look is one round.
func (p *poller) look(ctx workflow.Context) {
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	p.cancel = cancel
	ready, err := call.Do[workflows.ReadyRuns](ctx, call.Wait(p.length(ctx)), workflows.AwaitRunsActivity, "wait for runs",
		workflows.AwaitRunsInput{Cell: p.cell.in.Cell, Waiting: p.list(), Poll: p.cell.Poll(lookEvery)})
	p.cancel = nil
	switch {
	case err == nil:
		for _, r := range ready.Ready {
			p.settle(r.Name, r, nil)
		}
		p.round = shortRound
	case failure.IsRefusal(err):
		p.settleAll(err)
	case ctx.Err() == nil: // nobody is ready, or AWS was not to be had for the length of the round
		p.round = min(2*p.round, longestRound)
	}
}

// length is how long the next round may last: until the first deadline at the latest.
func (p *poller) length(ctx workflow.Context) time.Duration {
	length := max(p.cell.Poll(0).Delay(p.round), leastRound)
	now := workflow.Now(ctx)
	for _, w := range p.waiting {
		length = min(length, w.deadline.Sub(now))
	}
	return max(length, time.Second)
}

func (p *poller) list() []workflows.Waiting {
	list := make([]workflows.Waiting, len(p.waiting))
	for i, w := range p.waiting {
		list[i] = w.Waiting
	}
	return list
}

// giveUp ends the waits whose deadline has passed.
func (p *poller) giveUp(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for _, w := range p.waiting {
		if !now.Before(w.deadline) {
			w.end(workflows.Ready{}, canary.ErrNotInTime)
		}
	}
	p.sweep()
}

func (p *poller) settle(name string, r workflows.Ready, err error) {
	for _, w := range p.waiting {
		if w.Name == name {
			w.end(r, err)
		}
	}
	p.sweep()
}

func (p *poller) settleAll(err error) {
	for _, w := range p.waiting {
		w.end(workflows.Ready{}, err)
	}
	p.sweep()
}

func (w *wait) end(r workflows.Ready, err error) {
	w.settle.Set(r, err)
	w.settled = true
}

func (p *poller) sweep() {
	p.waiting = slices.DeleteFunc(p.waiting, func(w *wait) bool { return w.settled })
}
