// Package cell is the work of one migration in one cell: it takes the census and freezes the plan of its canaries,
// tells their stories as coroutines in a bounded window, and then revokes the old access that nobody needs.
//
// A cell lives from planning until its migration closes, because a listing must not depend on closed workflows.
package cell

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
	"rekey/workflows/version"
)

// Workflow is the work of one migration in one cell.
func Workflow(ctx workflow.Context, in workflows.CellInput) error {
	version.Require(in.Format)
	c := newCell(in)
	if err := c.setup(ctx); err != nil {
		return err
	}
	err := c.run(ctx)
	if errors.Is(err, canary.ErrHandedOn) {
		return c.handOn(ctx)
	}
	return err
}

// cell is the state of the workflow. All of it that a new run needs is in the report, the canaries and the orders.
type cell struct {
	in       workflows.CellInput
	report   workflows.CellReport
	canaries []workflows.Canary // by name
	claimed  bool

	watching []workflows.Watching
	withheld []workflows.Pair // of which a pause held the removal
	orders   orders
	steering steering
	// telling are the places of the canaries whose stories are being told.
	telling map[int]bool
	// lookedBefore is the last wave before which the cell looked who fails already.
	lookedBefore int
	// lastStart is when the last story was begun.
	lastStart time.Time
	// rates are how often canaries have turns, as far as that was asked.
	rates map[rate]time.Duration

	access map[workflows.AccessChange]*access
	// young is how old access is to be before a dry run, in AWS's time, by what others were denied.
	young         time.Duration
	runs          poller
	reporter      reporter
	handingOn     bool
	waits         waits
	confirmations workflow.ReceiveChannel
	// confirmed says that a confirmation came which no look at held access has followed yet.
	confirmed bool
}

func newCell(in workflows.CellInput) *cell {
	c := &cell{in: in, access: map[workflows.AccessChange]*access{}, telling: map[int]bool{}, steering: newSteering(in), lookedBefore: -1, rates: map[rate]time.Duration{}}
	c.report = workflows.CellReport{Cell: in.Cell, Phase: workflows.CellPlanning}
	if r := in.Resume; r != nil {
		c.report, c.canaries, c.claimed, c.watching, c.confirmed = r.Report, r.Canaries, r.Claimed, r.Watching, r.Confirmed
		c.orders.take(r.Orders...)
		c.lookedBefore, c.young = r.LookedBefore, r.Young
	}
	for _, item := range c.canaries {
		if item.Begun.After(c.lastStart) {
			c.lastStart = item.Begun
		}
	}
	return c
}

// setup registers what answers from outside, before the first wait.
func (c *cell) setup(ctx workflow.Context) error {
	if err := c.answerQueries(ctx); err != nil {
		return err
	}
	c.orders.listen(ctx, c.press)
	c.listenForConfirmations(ctx)
	c.listenForDirectives(ctx)
	c.runs = poller{cell: c}
	if c.Lean() && c.in.Resume != nil {
		c.press() // what the run before took last, as it handed on, it could not report any more
	}
	workflow.Go(ctx, c.runs.loop)
	workflow.Go(ctx, c.reportLoop)
	return nil
}

// run takes the cell through its phases.
func (c *cell) run(ctx workflow.Context) error {
	for {
		switch c.report.Phase {
		case workflows.CellPlanning:
			c.plan(ctx)
		case workflows.CellPlanned:
			if err := c.awaitOrder(ctx); err != nil {
				return err
			}
		case workflows.CellRunning, workflows.CellReturning:
			if err := c.migrate(ctx); err != nil {
				return err
			}
		default: // workflows.CellWaiting, workflows.CellResting
			if ended, err := c.rest(ctx); ended || err != nil {
				return err
			}
		}
	}
}

// enter records that a phase begins.
func (c *cell) enter(phase workflows.CellPhase) {
	c.report.Phase = phase
	c.Changed()
}

// awaitOrder waits until the plan is approved, or nothing is to be done any more.
func (c *cell) awaitOrder(ctx workflow.Context) error {
	err := c.awaitOrReport(ctx, func() bool {
		return c.orders.begin || c.orders.ending() || c.hasToTell() || c.allRest() || len(c.steering.doing) > 0 || c.mustHandOn(ctx)
	})
	switch {
	case err != nil:
		return err
	case len(c.steering.doing) > 0:
		return c.do(ctx, c.steering.doing[0])
	case c.orders.begin, c.hasToTell():
		c.enter(workflows.CellRunning)
	case c.allRest():
		c.enter(workflows.CellResting)
	case c.orders.ending():
		if c.in.Format == 0 || c.reporter.orphaned { // a plan that is closed stays what it was
			c.cancelPending(ctx)
		}
		c.enter(workflows.CellResting)
	default:
		return canary.ErrHandedOn
	}
	return nil
}

// rest waits for what comes: the end, the way back, or another look at held access; it reports whether it was the end. It
// first hands on to a fresh run, so that a query to a resting cell replays next to nothing.
func (c *cell) rest(ctx workflow.Context) (bool, error) {
	if c.report.Phase == workflows.CellResting && c.handedOnPhase() != workflows.CellResting && !c.orders.close && c.hasWorked() {
		return false, canary.ErrHandedOn
	}
	for {
		err := c.awaitOrReport(ctx, func() bool {
			return c.orders.close || c.orders.reviews > c.report.Reviews || c.confirmed || c.mustReturn() || c.isAsked() || c.mustHandOn(ctx)
		})
		switch {
		case err != nil:
			return false, err
		case c.isAsked() && !c.orders.close:
			return false, c.answer(ctx)
		case c.orders.reviews > c.report.Reviews || c.confirmed:
			c.review(ctx)
		case c.orders.close:
			return true, c.close(ctx)
		case c.mustReturn():
			c.turnBack(ctx)
			return false, nil
		default:
			return false, canary.ErrHandedOn
		}
	}
}

// close gives back what the cell still holds, and ends it.
func (c *cell) close(ctx workflow.Context) error {
	if c.claimed || c.in.Format > 0 && c.hasWorked() {
		if err := c.release(ctx, nil); err != nil {
			return err
		}
	}
	return c.awaitReported(ctx)
}

// hasWorked reports whether stories were told, so that this run is long.
func (c *cell) hasWorked() bool {
	return c.in.Format == 0 || slices.ContainsFunc(c.canaries, func(item workflows.Canary) bool { return !item.Begun.IsZero() })
}

func (c *cell) handedOnPhase() workflows.CellPhase {
	if c.in.Resume == nil {
		return ""
	}
	return c.in.Resume.Report.Phase
}

// mustHandOn decides whether this run is to end, and another to go on. Once it is, it stays so.
func (c *cell) mustHandOn(ctx workflow.Context) bool {
	if !c.handingOn && version.Outlived(ctx) {
		c.handingOn = true
		c.runs.interrupt()
		c.waits.end()
	}
	return c.handingOn
}

// handOn continues as new with all that counts. Every story is at a step's boundary, and no report is on its way.
func (c *cell) handOn(ctx workflow.Context) error {
	if err := c.awaitReported(ctx); err != nil {
		return err
	}
	c.orders.drain()
	c.drainConfirmations()
	c.drainDirectives(ctx)
	next := c.in
	next.Resume = &workflows.CellResume{
		Report: c.report, Canaries: c.canaries, Claimed: c.claimed, Orders: c.orders.list(), Watching: c.watching,
		Confirmed: c.confirmed, Young: c.young,
	}
	if c.in.Format > 0 {
		next.Resume.Directive = &c.steering.Directive
		next.Resume.LookedBefore = c.lookedBefore
		next.Resume.Limit, next.Resume.Tasks, next.Resume.Doing = c.steering.permits, c.steering.taken, c.steering.doing
	}
	return version.HandOn(ctx, workflows.CellWorkflow, next)
}

// The methods that a story needs of its cell.
var _ canary.Cell = (*cell)(nil)

// HandingOn reports whether stories are to end at their next boundary.
func (c *cell) HandingOn(ctx workflow.Context) bool { return c.mustHandOn(ctx) }

// isApart reports whether a pause of a part holds that part alone.
func (c *cell) isApart() bool { return c.in.Format >= workflows.FormatApart }

// Lean reports whether activities do several steps in one.
func (c *cell) Lean() bool { return c.in.Format >= workflows.FormatLean }

// Migration is the migration's id.
func (c *cell) Migration() string { return c.in.Migration }

// Spec is what the migration was asked for.
func (c *cell) Spec() workflows.Spec { return c.in.Spec }

// RunDeadline is how long a step may wait for a run, in real time, but at least as long as a few looks take.
func (c *cell) RunDeadline() time.Duration {
	return max(c.Poll(0).Delay(c.in.Spec.RunDeadline), 10*time.Second)
}

// Poll is how often a waiting activity looks.
func (c *cell) Poll(every time.Duration) workflows.Poll {
	return workflows.Poll{Every: every, Scale: c.in.TimeScale}
}

// Runs waits for runs of a canary.
func (c *cell) Runs(ctx workflow.Context, w *workflows.Waiting, deadline time.Time) (*workflows.Ready, error) {
	return c.runs.await(ctx, w, deadline)
}
