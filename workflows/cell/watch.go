package cell

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// denialPoll is how often the runs of a role's canaries are looked at after its old access was removed, in AWS's time: as often as
// a canary can run (CloudWatch User Guide, rate(1 minute) is the fastest schedule).
const denialPoll = time.Minute

// beginWatch notes the pairs whose old access was just removed: it may be restored until the watch ends.
func (c *cell) beginWatch(ctx workflow.Context, results map[workflows.Pair]workflows.RevokeResult) {
	length := c.in.Spec.Policies.RevokeWatch
	if length <= 0 {
		return
	}
	for _, list := range c.removable() {
		r, ok := results[list.Pair]
		if !ok || len(r.Revoked) == 0 || list.Withdraw || r.At.IsZero() || c.watches(list.Pair) {
			continue
		}
		c.watching = append(c.watching, workflows.Watching{
			WatchPair: workflows.WatchPair{Pair: r.Pair, Since: r.At}, Removed: r.Revoked,
			Deadline: workflow.Now(ctx).Add(max(c.Poll(0).Delay(length), leastRound)),
		})
	}
}

// watch looks at the runs of the roles' canaries until the watch is over. A run that is denied something restores the
// access of its pair, which is held from then on; what no run missed is revoked for good. A roll back ends the watch of what
// it gives again in any case; the others' goes on after it.
func (c *cell) watch(ctx workflow.Context) error {
	looking, cancel := workflow.WithCancel(ctx)
	defer cancel()
	workflow.Go(looking, func(inner workflow.Context) {
		if c.awaitTurn(inner) == nil && (c.mustTurn() || c.isApart()) {
			cancel()
		}
	})
	for len(c.watching) > 0 {
		denials, looked, err := c.denials(looking)
		if looking.Err() != nil {
			if c.isApart() {
				looked = c.lookedAtLast(ctx, denials, looked, err)
			}
			c.watching = slices.DeleteFunc(c.watching, c.isGivenAgain)
			c.endWatch(ctx, looked)
			return ctx.Err()
		}
		if err != nil && !failure.IsWait(err) {
			workflow.GetLogger(ctx).Warn("runs can't be watched; access is restored", "error", err)
			denials = c.blind(failure.Problem(err))
		}
		for _, d := range denials {
			c.restore(ctx, d)
		}
		c.endWatch(ctx, looked)
	}
	return nil
}

// mustSetBack reports whether the whole cell is to be put back and is not on its way yet.
func (c *cell) mustSetBack() bool { return c.mustReturn() && c.report.Phase != workflows.CellReturning }

// mustTurn reports whether canaries are to be put back that are not on their way yet.
func (c *cell) mustTurn() bool { return c.mustSetBack() || c.hasToTurnBack() }

// awaitTurn waits until there is more to do than to watch: canaries are to be put back, or the pause is over that held what else was
// to be removed. Before FormatApart a cell on its way back waited for nothing.
func (c *cell) awaitTurn(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool {
		if !c.isApart() {
			return c.mustReturn() || c.hasToTurnBack()
		}
		return c.mustTurn() || len(c.withheld) > 0 && !c.isShut()
	})
}

// lookedAtLast is when a look was made that may have been called off, zero for one that was: what it found counts all the same.
func (c *cell) lookedAtLast(ctx workflow.Context, denials []workflows.Denial, looked time.Time, err error) time.Time {
	for _, d := range denials {
		c.restore(ctx, d)
	}
	if err != nil && !failure.IsWait(err) {
		return time.Time{}
	}
	return looked
}

// isGivenAgain reports whether removed access is given again, because the migration or a canary of it is rolled back.
func (c *cell) isGivenAgain(w workflows.Watching) bool {
	about := func(change workflows.AccessChange) bool { return change.Pair() == w.Pair }
	return c.mustReturn() || slices.ContainsFunc(c.canaries, func(item workflows.Canary) bool {
		return item.TurnBack && slices.ContainsFunc(item.Revokes, about)
	})
}

// denials waits for a denial until the first watch ends, and then looks once more; it answers when that was, zero where it did not
// come to it. The server gives up a wait as soon as its next look would come too late, whatever the last one ended with; what is
// left of the time is slept.
func (c *cell) denials(ctx workflow.Context) (found []workflows.Denial, looked time.Time, err error) {
	in := workflows.AwaitDenialInput{Cell: c.in.Cell, Poll: c.Poll(denialPoll)}
	until := c.watching[0].Deadline
	for _, w := range c.watching {
		in.Pairs = append(in.Pairs, w.WatchPair)
		if w.Deadline.Before(until) {
			until = w.Deadline
		}
	}
	if left := until.Sub(workflow.Now(ctx)); left > 0 {
		found, err = call.Do[[]workflows.Denial](ctx, call.Wait(left), workflows.AwaitDenialActivity, "watch for denials", in)
		if err == nil || failure.IsRefusal(err) || ctx.Err() != nil {
			return found, looked, err
		}
		if err := workflow.Sleep(ctx, until.Sub(workflow.Now(ctx))); err != nil {
			return nil, looked, err
		}
	}
	in.Last, looked = true, workflow.Now(ctx)
	found, err = call.Do[[]workflows.Denial](ctx, call.LastLook, workflows.AwaitDenialActivity, "look a last time for denials", in)
	return found, looked, err
}

// blind are denials for every watched pair, where runs can't be seen: what nobody can see to be unneeded is restored.
func (c *cell) blind(why *workflows.Problem) []workflows.Denial {
	var list []workflows.Denial
	for _, w := range c.watching {
		list = append(list, workflows.Denial{Pair: w.Pair, Problem: &workflows.Problem{
			Reason:   workflows.AccessRestored,
			Message:  "The runs of the role's canaries could not be watched, so its old access was restored: " + why.Message,
			NextStep: "Mend what is in the way, and look at the held access again.",
			Metadata: map[string]string{"run_id": "", "consumer": w.Pair.RoleARN},
		}})
	}
	return list
}

// endWatch makes the removals final whose watch was over when the runs were looked at last. Before FormatTerse a look that came
// earlier counted too.
func (c *cell) endWatch(ctx workflow.Context, looked time.Time) {
	if c.in.Format < workflows.FormatTerse {
		looked = workflow.Now(ctx)
	}
	c.watching = slices.DeleteFunc(c.watching, func(w workflows.Watching) bool { return !looked.Before(w.Deadline) })
	for i := range c.canaries {
		item := &c.canaries[i]
		if item.OldAccess != nil && item.OldAccess.State == workflows.OldAccessWatched && !c.isWatched(*item) {
			item.OldAccess.State = workflows.OldAccessRevoked
		}
	}
	c.Changed()
}

func (c *cell) watches(pair workflows.Pair) bool {
	return slices.ContainsFunc(c.watching, func(w workflows.Watching) bool { return w.Pair == pair })
}

func (c *cell) isWatched(item workflows.Canary) bool {
	return slices.ContainsFunc(c.watching, func(w workflows.Watching) bool {
		return slices.ContainsFunc(item.Revokes, func(r workflows.AccessChange) bool { return r.Pair() == w.Pair })
	})
}
