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
	lookEvery    = 5 * time.Second  // AWS's time
	lateLook     = 10 * time.Second // AWS's time: so long before a deadline no round begins; older histories rest on it
	shortRound   = time.Minute      // AWS's time, when somebody has just come
	longestRound = time.Hour        // AWS's time, when nobody has come for long: rounds double up to this
	leastRound   = 3 * time.Second  // real time: the server's retries are no finer than about a second
)

// poller waits for the runs of all canaries of a cell.
type poller struct {
	cell    *cell
	waiting []*wait
	late    []*wait // those whose last look is under way
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
func (p *poller) await(ctx workflow.Context, w *workflows.Waiting, deadline time.Time) (*workflows.Ready, error) {
	future, settle := workflow.NewFuture(ctx)
	p.waiting = append(p.waiting, &wait{Waiting: *w, deadline: deadline, settle: settle})
	if p.round > shortRound {
		p.interrupt() // it would keep the newcomer waiting
	}
	p.round = shortRound
	ready := &workflows.Ready{}
	err := future.Get(ctx, ready)
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
		if err := workflow.Await(ctx, func() bool { return len(p.waiting) > 0 || p.cell.handingOn && len(p.late) > 0 }); err != nil {
			return
		}
		if p.cell.mustHandOn(ctx) {
			p.settle(canary.ErrHandedOn, slices.Concat(p.waiting, p.late)) // whose last look is made again
			continue
		}
		if rest := p.rest(ctx); rest < p.cell.Poll(0).Delay(lateLook) {
			_ = workflow.Sleep(ctx, rest) // a round would end with its first look, since the next would come too late
		} else {
			p.look(ctx)
		}
		p.giveUp(ctx)
	}
}

// look is one round.
func (p *poller) look(ctx workflow.Context) {
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	p.cancel = cancel
	asked := slices.Clone(p.waiting)
	ready, err := p.ask(ctx, call.Wait(p.length(ctx)), "wait for runs", p.asking(asked))
	p.cancel = nil
	switch {
	case err == nil:
		p.settleReady(ready, asked)
		p.round = shortRound
	case failure.IsRefusal(err):
		p.settle(err, p.waiting)
	case ctx.Err() == nil: // nobody is ready, or AWS was not to be had for the length of the round
		p.round = min(2*p.round, longestRound)
	}
}

func (p *poller) ask(
	ctx workflow.Context, policy call.Policy, summary string, in workflows.AwaitRunsInput,
) (workflows.ReadyRuns, error) {
	return call.Do[workflows.ReadyRuns](ctx, policy, workflows.AwaitRunsActivity, summary, in)
}

// asking asks for the runs of those who wait.
func (p *poller) asking(of []*wait) workflows.AwaitRunsInput {
	list := make([]workflows.Waiting, len(of))
	for i, w := range of {
		list[i] = w.Waiting
	}
	return workflows.AwaitRunsInput{Cell: p.cell.in.Cell, Waiting: list, Poll: p.cell.Poll(lookEvery)}
}

// length is how long the next round may last: until the first deadline at the latest.
func (p *poller) length(ctx workflow.Context) time.Duration {
	length := max(p.cell.Poll(0).Delay(p.round), leastRound)
	return max(min(length, p.rest(ctx)), time.Second)
}

// rest is how long it is until the first deadline of those who wait.
func (p *poller) rest(ctx workflow.Context) time.Duration {
	first := p.waiting[0].deadline
	for _, w := range p.waiting {
		if w.deadline.Before(first) {
			first = w.deadline
		}
	}
	return first.Sub(workflow.Now(ctx))
}

// giveUp ends the waits whose deadline has passed, after a last look that happened: the runs may lie there, and only
// nobody was there to see them. The others don't wait for that.
func (p *poller) giveUp(ctx workflow.Context) {
	now := workflow.Now(ctx)
	late := slices.DeleteFunc(slices.Clone(p.waiting), func(w *wait) bool { return now.Before(w.deadline) })
	if len(late) == 0 {
		return
	}
	if !p.cell.Lean() {
		p.lookLast(ctx, late) // they did
		return
	}
	p.waiting = slices.DeleteFunc(p.waiting, func(w *wait) bool { return slices.Contains(late, w) })
	p.late = append(p.late, late...)
	workflow.Go(ctx, func(ctx workflow.Context) { p.lookLast(ctx, late) })
}

// lookLast looks at canaries until a look has come to each.
func (p *poller) lookLast(ctx workflow.Context, late []*wait) {
	for len(late) > 0 {
		in := p.asking(late)
		in.Last = true
		ready, err := p.ask(ctx, call.LastLook, "look a last time", in)
		switch {
		case err == nil:
			p.settleReady(ready, late)
		case failure.IsRefusal(err):
			p.settle(err, late)
		}
		left := slices.DeleteFunc(slices.Clone(late), func(w *wait) bool { return w.settled })
		if err != nil || len(left) == len(late) || !p.cell.Lean() {
			p.settle(canary.ErrNotInTime, left)
			return
		}
		late = left // a look may end before it comes to all
	}
}

// settleReady ends the waits of canaries that are ready, of those that were asked about: one that has turned back meanwhile
// waits for something else under the same name.
func (p *poller) settleReady(ready workflows.ReadyRuns, asked []*wait) {
	if !p.cell.Lean() {
		asked = p.waiting // as it was
	}
	for _, r := range ready.Ready {
		for _, w := range asked {
			if w.Name == r.Name {
				w.end(r, nil)
			}
		}
	}
	p.sweep()
}

// settle ends waits with an error; those that have ended stay as they are.
func (p *poller) settle(err error, waits []*wait) {
	for _, w := range waits {
		w.end(workflows.Ready{}, err)
	}
	p.sweep()
}

// release ends the wait of a canary, where it waits.
func (p *poller) release(name string, err error) {
	for _, w := range slices.Concat(p.waiting, p.late) {
		if w.Name == name {
			w.end(workflows.Ready{}, err)
		}
	}
	p.sweep()
}

func (w *wait) end(r workflows.Ready, err error) {
	if !w.settled {
		w.settled = true
		w.settle.Set(r, err)
	}
}

func (p *poller) sweep() {
	settled := func(w *wait) bool { return w.settled }
	p.waiting, p.late = slices.DeleteFunc(p.waiting, settled), slices.DeleteFunc(p.late, settled)
}
