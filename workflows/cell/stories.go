package cell

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// migrate claims the cell's canaries, brings each to the end of its story, and then sees to the access that is not
// needed any more. The way back goes the same way.
func (c *cell) migrate(ctx workflow.Context) error {
	if len(c.watching) == 0 || c.in.Format > 0 && c.hasToTell() { // else it was handed on in the midst of the watch
		if err := c.claim(ctx); err != nil {
			return err
		}
		c.lookBefore(ctx)
		c.lookAtTurns(ctx)
		if err := c.tellStories(ctx); err != nil {
			return err
		}
		if c.in.Format > 0 && c.turnBackAsked(ctx) {
			return nil // before access is removed that they would need again
		}
		if c.claimed {
			if err := c.settleAccess(ctx); err != nil {
				return err
			}
		}
	}
	if err := c.watch(ctx); err != nil {
		return err
	}
	if err := c.settleWithheld(ctx); err != nil {
		return err
	}
	if c.goesOn(ctx) {
		return nil
	}
	if c.claimed {
		if err := c.release(ctx, c.keptPairs()); err != nil {
			return err
		}
		c.claimed = c.in.Format == 0 // else whoever comes back to a canary claims it again
	}
	if c.report.Phase == workflows.CellReturning {
		c.report.Returned = true
	}
	c.enter(workflows.CellResting)
	return nil
}

// goesOn reports whether there is more to do before the cell waits or rests: canaries that are to be put back, or whose wave
// has begun meanwhile. It enters the phase in which the cell waits for the waves of others.
func (c *cell) goesOn(ctx workflow.Context) bool {
	if c.in.Format == 0 {
		return false
	}
	if c.turnBackAsked(ctx) || c.hasToTell() {
		return true
	}
	if !c.allRest() {
		c.enter(workflows.CellWaiting)
		return true
	}
	return false
}

// tellStories runs the stories, as many at a time as are permitted. When the run has become too long it begins no more,
// waits for those in flight to reach a boundary, and ends with ErrHandedOn.
func (c *cell) tellStories(ctx workflow.Context) error {
	for {
		item, err := c.awaitNext(ctx)
		if err != nil {
			return err
		}
		if item < 0 || c.mustHandOn(ctx) {
			break
		}
		c.begin(ctx, item)
	}
	if err := workflow.Await(ctx, func() bool { return len(c.telling) == 0 }); err != nil {
		return err
	}
	if c.orders.ending() {
		c.cancelPending(ctx)
	}
	if c.handingOn && (c.hasToTell() || slices.ContainsFunc(c.canaries, canary.Unfinished)) {
		return canary.ErrHandedOn
	}
	return ctx.Err()
}

// awaitNext waits for a story that may be begun or taken up, and answers its place; -1 when there is none any more.
func (c *cell) awaitNext(ctx workflow.Context) (int, error) {
	for {
		if i := c.next(ctx); i >= 0 && c.permitted(i) {
			if c.untilStart(ctx, i) <= 0 {
				return i, nil
			} else if err := c.awaitStart(ctx, i); err != nil {
				return -1, err
			}
			continue
		}
		c.giveBackPermits()
		over := func() bool { return len(c.telling) == 0 && (c.handingOn || !c.hasToTell()) }
		if over() {
			return -1, nil
		}
		err := workflow.Await(ctx, func() bool {
			i := c.next(ctx)
			return over() || i >= 0 && c.permitted(i) || c.in.Format > 0 && !c.handingOn && c.mustHandOn(ctx)
		})
		if err != nil {
			return -1, err
		}
	}
}

// untilStart is how long it is until a canary may be begun, where the rate is bounded or its edit has turns; one that is taken
// up need not wait.
func (c *cell) untilStart(ctx workflow.Context, i int) time.Duration {
	rate := c.steering.StartsPerMinute
	if rate == 0 || c.canaries[i].State != workflows.Pending || c.lastStart.IsZero() {
		return c.untilBegin(ctx, i)
	}
	next := c.lastStart.Add(c.Poll(0).Delay(time.Minute / time.Duration(rate)))
	return max(next.Sub(workflow.Now(ctx)), c.untilBegin(ctx, i))
}

// awaitStart waits until a canary may be begun, or something else is to be done first.
func (c *cell) awaitStart(ctx workflow.Context, i int) error {
	_, err := workflow.AwaitWithTimeout(ctx, c.untilStart(ctx, i), func() bool {
		return c.next(ctx) != i || !c.permitted(i) || c.untilStart(ctx, i) <= 0 || c.mustHandOn(ctx)
	})
	return err
}

// next is the place of the next canary whose story may be told now; -1 for none. Those that have begun come before others, and
// of the others those whose turns come first.
func (c *cell) next(ctx workflow.Context) int {
	if c.handingOn {
		return -1
	}
	first, wait := -1, time.Duration(0)
	for i := range c.canaries {
		switch item := &c.canaries[i]; {
		case c.telling[i] || !c.isToBeTold(item) || c.in.Format > 0 && c.shut(item) && item.State == workflows.Pending:
		case c.in.Format == 0 || item.State != workflows.Pending:
			return i
		default:
			if until := c.untilBegin(ctx, i); first < 0 || until < wait {
				first, wait = i, until
			}
		}
	}
	return first
}

// isToBeTold reports whether a canary's story is to be told before the cell waits or rests.
func (c *cell) isToBeTold(item *workflows.Canary) bool {
	if !canary.Unfinished(*item) {
		return false
	}
	if item.State != workflows.Pending {
		return true
	}
	if c.orders.ending() {
		return false
	}
	return c.in.Format == 0 || item.Wave != nil && *item.Wave <= c.steering.Wave
}

// hasToTell reports whether any story is to be told, now or when it is permitted.
func (c *cell) hasToTell() bool {
	if c.in.Format == 0 && c.report.Phase == workflows.CellPlanned {
		return false // that waits for the order
	}
	for i := range c.canaries {
		if c.isToBeTold(&c.canaries[i]) {
			return true
		}
	}
	return false
}

// allRest reports whether no canary waits for its turn, after the migration has steered the cell.
func (c *cell) allRest() bool {
	return c.in.Format > 0 && c.steering.Serial > 0 && !slices.ContainsFunc(c.canaries, canary.Unfinished)
}

// begin tells a story.
func (c *cell) begin(ctx workflow.Context, i int) {
	item := &c.canaries[i]
	if item.State == workflows.Pending {
		c.lastStart = workflow.Now(ctx)
	}
	c.telling[i] = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer func() {
			delete(c.telling, i)
			c.giveBackPermits()
		}()
		c.tell(ctx, item)
		if c.in.Format > 0 {
			c.Changed() // the report is made when this is over: the canary is in flight no more
		}
	})
}

func (c *cell) tell(ctx workflow.Context, item *workflows.Canary) {
	if err := canary.Tell(ctx, item, c); err != nil && !errors.Is(err, canary.ErrHandedOn) {
		workflow.GetLogger(ctx).Error("story ended", "canary", item.Recorded.Name, "error", err)
	}
	c.weigh(ctx, item)
}

// cancelPending lets the canaries rest whose turn has not come.
func (c *cell) cancelPending(ctx workflow.Context) {
	for i := range c.canaries {
		if item := &c.canaries[i]; item.State == workflows.Pending {
			cancelled(ctx, item)
		}
	}
	c.Changed()
}
