package cell

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/canary"
	"rekey/workflows/phase"
	"rekey/workflows/planning"
)

// How edits are brought into their turns.
const (
	// editTime is how long (in AWS's time) before a run is due an edit is made: what an update takes to settle, with some to
	// spare. One that settles earlier has the canary run that much earlier; one that settles later has it run twice. AWS's own
	// CloudFormation handler looks first after 10 seconds, and then every 5 (planning: updateTime).
	editTime = 30 * time.Second
	// editLag is what passes of real time until an edit that is ordered reaches AWS.
	editLag = 500 * time.Millisecond
	// briefLead and proofLead are how long (in AWS's time) a story takes to come to its edit, without and with a dry run;
	// briefLag and proofLag, how much real time that takes of workers and server.
	briefLead, briefLag = 20 * time.Second, time.Second
	proofLead, proofLag = 2 * time.Minute, 4 * time.Second
	// stretches are how many stretches an interval has whose canaries are begun together: one timer for each at most.
	stretches = 90
	// longestHold bounds how long, in real time, the activity of an edit may hold it: a canary that is to be put back meanwhile is
	// edited before.
	longestHold = time.Minute
)

// spreads reports whether canaries are edited in their turns.
func (c *cell) spreads() bool {
	return c.Lean() && c.steering.Edits == workflows.EditsWhenDue
}

// lookAtTurns finds out, before canaries of a wave are begun, when each may be edited. Those of which that can't be told are
// edited at any time.
func (c *cell) lookAtTurns(ctx workflow.Context) {
	if !c.spreads() {
		return
	}
	var names []string
	for i := range c.canaries {
		if item := &c.canaries[i]; item.State == workflows.Pending && c.isToBeTold(item) && item.Turn.IsZero() && c.every(*item) > 0 {
			names = append(names, item.Recorded.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	last, err := call.Do[workflows.LastRuns](ctx, call.Glance, workflows.LastRunsActivity, "look when runs are due",
		workflows.LastRunsInput{Cell: c.in.Cell, Names: names})
	if err != nil {
		workflow.GetLogger(ctx).Warn("canaries are edited at once because it can't be told when they run", "error", err)
		return
	}
	for _, run := range last.Runs {
		i := slices.IndexFunc(c.canaries, func(item workflows.Canary) bool { return item.Recorded.Name == run.Name })
		if i < 0 || !slices.Contains(names, run.Name) {
			continue
		}
		before := min(c.Poll(0).Delay(editTime)+editLag, c.every(c.canaries[i])/4)
		c.canaries[i].Turn = last.At.Add(c.Poll(0).Delay(run.Due.Sub(last.Dated)) - before)
	}
}

// every is how long, in real time, it is from one turn of a canary to the next; 0 for one that has none.
func (c *cell) every(item workflows.Canary) time.Duration {
	of := rate{item.Recorded.Schedule, item.Recorded.State, item.Action, item.Proving}
	known, ok := c.rates[of]
	if !ok {
		known = planning.TurnsEvery(item, c.in.TimeScale)
		c.rates[of] = known
	}
	return known
}

// rate is what it hangs on how often a canary has a turn.
type rate struct {
	schedule, state string
	action          workflows.Action
	proving         workflows.Proving
}

// turns are when a canary may be edited; none where it may be at any time.
func (c *cell) turns(item workflows.Canary) phase.Turns {
	if !c.spreads() || item.Turn.IsZero() {
		return phase.Turns{}
	}
	return phase.Turns{At: item.Turn, Every: c.every(item)}
}

// untilBegin is how long it is until a canary is to be begun, so that it comes to its edit by its turn.
func (c *cell) untilBegin(ctx workflow.Context, i int) time.Duration {
	item := c.canaries[i]
	turns := c.turns(item)
	if item.State != workflows.Pending || turns.Every == 0 {
		return 0
	}
	takes := c.Poll(0).Delay(briefLead) + briefLag
	if item.Proving == workflows.ByDryRun {
		takes = c.Poll(0).Delay(proofLead) + proofLag
	}
	takes = min(takes, turns.Every/2)
	lead := phase.Lead{Takes: takes, Earlier: turns.Every / stretches, Later: takes / 2}
	settle, ready := c.settling(item)
	lead.Takes += settle
	now := workflow.Now(ctx)
	earliest := max(ready.Add(-takes).Sub(now), 0)
	return earliest + turns.UntilBegin(now.Add(earliest), lead)
}

// settling is how long the access that a canary has yet to be given takes to be effective, and until when that lasts which was
// given for others. A dry run does not wait for it, but shows it.
func (c *cell) settling(item workflows.Canary) (settle time.Duration, ready time.Time) {
	if item.Proving == workflows.ByDryRun {
		return 0, ready
	}
	for _, change := range item.Grants {
		a, ok := c.access[key(&change)]
		switch {
		case ok && a.given.IsReady():
			if a.ready.After(ready) {
				ready = a.ready
			}
		case !change.There && change.Method != workflows.Existing:
			settle = c.Poll(0).Delay(c.in.Spec.AccessSettle)
		}
	}
	return settle, ready
}

// Turn waits until the turn of a canary's edit is near, and answers when it is; zero where there is nothing to wait for.
func (c *cell) Turn(ctx workflow.Context, by *workflows.Canary) (time.Time, error) {
	for {
		turn, ok := c.turns(*by).Next(workflow.Now(ctx))
		left := turn.Sub(workflow.Now(ctx))
		if !ok || left <= longestHold {
			return turn, nil
		}
		_, err := workflow.AwaitWithTimeout(ctx, left-longestHold/2, func() bool {
			return !c.spreads() || canary.TurnsBack(by) || c.mustHandOn(ctx)
		})
		switch {
		case err != nil:
			return time.Time{}, err
		case canary.TurnsBack(by):
			return time.Time{}, canary.ErrTurningBack
		case c.mustHandOn(ctx):
			return time.Time{}, canary.ErrHandedOn
		}
	}
}
