package cell

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/waves"
)

// reporter tells the migration how the cell is. One report is on its way at a time: what changes meanwhile goes
// into the next, so that a busy cell sends no more than its migration takes.
type reporter struct {
	changed  int64 // grows with every change
	reported int64 // what of it the migration knows
	orphaned bool  // the migration is gone

	pressed  bool                 // it is to report now
	sent     workflows.CellReport // what was decided on the last one, and when that was sent
	sentAt   time.Time
	weighed  int64 // what of the changes has been weighed, and whether the migration decides anything on that
	decisive bool
}

// Changed is told whenever something of the report or of a canary has changed.
func (c *cell) Changed() { c.reporter.changed++ }

func (c *cell) reportLoop(ctx workflow.Context) {
	for {
		if err := c.awaitChange(ctx); err != nil {
			return
		}
		if err := c.awaitReportDue(ctx); err != nil {
			return
		}
		known := c.reporter.changed
		c.report.Sequence++
		c.count()
		sent, pressed := c.decided(c.report), c.reporter.pressed
		c.reporter.sentAt, c.reporter.pressed = workflow.Now(ctx), false
		signal := workflow.SignalExternalWorkflow(ctx, workflows.MigrationID(c.in.Migration), "", workflows.ReportSignal, c.report)
		if err := signal.Get(ctx, nil); err == nil {
			c.reporter.reported, c.reporter.sent = known, sent
		} else if !c.orphan(ctx, err) {
			c.reporter.pressed = c.reporter.pressed || pressed
			_ = workflow.Sleep(ctx, reportAgain)
		}
	}
}

// awaitChange waits until there is something to report. A cell that may wait for its migration alone reports once a day anyway, or it
// would not find out that this is gone.
func (c *cell) awaitChange(ctx workflow.Context) error {
	changed := func() bool { return c.reporter.changed > c.reporter.reported }
	if c.isApart() && !changed() && (len(c.steering.Gate.Parts) > 0 || c.steering.permits != waves.Unbounded) {
		_, err := workflow.AwaitWithTimeout(ctx, reportAnyway, changed)
		return err
	}
	return workflow.Await(ctx, changed)
}

// awaitReportDue waits as long as the changes may be kept: a report costs several events, here and there.
func (c *cell) awaitReportDue(ctx workflow.Context) error {
	left := c.reporter.sentAt.Add(c.steering.ReportEvery).Sub(workflow.Now(ctx))
	if !c.Lean() || left <= 0 || c.isDecisive() {
		return nil
	}
	_, err := workflow.AwaitWithTimeout(ctx, left, c.isDecisive)
	return err
}

// isDecisive reports whether the migration decides something on what has changed since the last report, or waits for it.
func (c *cell) isDecisive() bool {
	r := &c.reporter
	if r.pressed || r.weighed == r.changed {
		return r.pressed || r.decisive
	}
	c.count()
	r.weighed, r.decisive = r.changed, !reflect.DeepEqual(c.decided(c.report), r.sent)
	return r.decisive
}

// decided is what of a report the migration decides on; the rest is only shown. Who is in flight, who waits, and which directive
// the cell follows count where there are permits: a directive for all cells would else be answered by all of them at once. That
// the cell follows one is always told, because it is no longer bounded by none.
func (c *cell) decided(r workflows.CellReport) workflows.CellReport {
	r.Sequence, r.States, r.Steps, r.Stopped = 0, nil, nil, nil
	r.Held, r.ByHand, r.Done, r.Left, r.NotReturned, r.Returnable, r.RollBackUntil = 0, 0, 0, 0, 0, 0, time.Time{}
	r.Waves = slices.Clone(r.Waves)
	for i := range r.Waves {
		r.Waves[i].Rested = 0
		if c.steering.permits == waves.Unbounded {
			r.Waves[i].Waiting = 0
		}
	}
	if c.steering.permits == waves.Unbounded {
		r.InFlight = 0
		if c.in.Format >= workflows.FormatTerse {
			r.Serial = min(r.Serial, 1)
		}
	}
	return r
}

// press has the cell report now.
func (c *cell) press() {
	c.reporter.pressed = true
	c.Changed()
}

const (
	// reportAgain is when a report is sent again that Temporal did not take, for example because the migration's run
	// has had as many signals as one may.
	reportAgain = 30 * time.Second
	// reportAnyway is how often a cell that has nothing to do reports, to find out whether its migration is gone.
	reportAnyway = 24 * time.Hour
)

// orphan ends a cell whose migration is gone at its next safe point: nothing more is begun. It reports whether that is
// so.
func (c *cell) orphan(ctx workflow.Context, err error) bool {
	if _, gone := errors.AsType[*temporal.UnknownExternalWorkflowExecutionError](err); !gone {
		return false
	}
	workflow.GetLogger(ctx).Warn("the migration is gone; ending", "error", err)
	c.reporter.orphaned = true
	c.reporter.reported = c.reporter.changed
	if c.isApart() {
		c.steering.Gate = workflows.Gate{} // nobody could open it any more
	}
	c.orders.take(workflows.Close)
	return true
}

// awaitOrReport waits for the condition, and reports once a day meanwhile.
func (c *cell) awaitOrReport(ctx workflow.Context, condition func() bool) error {
	for {
		met, err := workflow.AwaitWithTimeout(ctx, reportAnyway, condition)
		if met || err != nil {
			return err
		}
		c.Changed()
	}
}

// awaitReported waits until the migration knows everything.
func (c *cell) awaitReported(ctx workflow.Context) error {
	c.reporter.pressed = c.reporter.reported != c.reporter.changed
	return workflow.Await(ctx, func() bool { return c.reporter.orphaned || c.reporter.reported == c.reporter.changed })
}

// count brings the report's numbers up to date.
func (c *cell) count() {
	r := &c.report
	r.States, r.Steps = map[workflows.CanaryState]int{}, map[workflows.Step]int{}
	r.Held, r.ByHand, r.Done, r.Left, r.NotReturned = 0, 0, 0, 0, 0
	r.Serial, r.Limit, r.InFlight, r.Tasks = c.steering.Serial, c.steering.permits, c.inFlight(), c.steering.tasksDone()
	c.countWaves()
	c.countReturns()
	stopped := map[workflows.Step]int{}
	for _, item := range c.canaries {
		r.States[item.State]++
		if isDone(item) {
			r.Done++
		}
		if item.State == workflows.Migrating {
			r.Steps[item.Step]++
		} else if c.in.Format > 0 && item.Step != workflows.NoStep {
			stopped[item.Step]++
		}
		if item.IsHeld() {
			r.Held++
		}
		if item.IsByHand() {
			r.ByHand++
		}
		if leaves(item) {
			r.Left++
		}
		if item.Before != "" && item.State != workflows.Returned && item.State != workflows.Migrating {
			r.NotReturned++
		}
	}
	r.Stopped = stopped
}

// isDone reports whether a canary came to the end that the plan had for it.
func isDone(item workflows.Canary) bool {
	return item.State == workflows.Migrated || item.State == workflows.Unverified && item.Proving == workflows.Unproven
}
