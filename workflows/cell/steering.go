package cell

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
	"rekey/workflows/planning"
	"rekey/workflows/waves"
)

// steering is how the migration wants the cell to be.
type steering struct {
	workflows.Directive
	// permits are what is left of the directive's.
	permits int
	// taken is the last task that was taken, and doing are those that are not done yet.
	taken int64
	doing []workflows.Task

	channel workflow.ReceiveChannel
}

// newSteering is that of a cell that was told nothing: nothing may be begun. A cell of before there were directives is
// steered by orders alone.
func newSteering(in workflows.CellInput) steering {
	s := steering{Directive: workflows.Directive{Wave: -1, Limit: waves.Unbounded, MaxConcurrent: in.Spec.MaxConcurrent}, permits: waves.Unbounded}
	if r := in.Resume; r != nil && r.Directive != nil {
		s.Directive, s.permits, s.taken, s.doing = *r.Directive, r.Limit, r.Tasks, r.Doing
	}
	return s
}

// listenForDirectives takes directives as they come. It looks for them without being handed one: a blocked Receive would
// hold one that no drain before a continue-as-new could see.
func (c *cell) listenForDirectives(ctx workflow.Context) {
	c.steering.channel = workflow.GetSignalChannel(ctx, workflows.DirectSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return c.steering.channel.Len() > 0 }) == nil {
			c.drainDirectives(ctx)
		}
	})
}

// drainDirectives takes the directives that have been delivered; only the newest counts.
func (c *cell) drainDirectives(ctx workflow.Context) {
	for {
		var d workflows.Directive
		if !c.steering.channel.ReceiveAsync(&d) {
			return
		}
		if d.Serial > c.steering.Serial {
			c.follow(ctx, d)
		}
	}
}

// follow makes the cell what a directive wants it to be.
func (c *cell) follow(ctx workflow.Context, d workflows.Directive) {
	c.stamp(d.Shares)
	tasks := d.Tasks
	d.Shares, d.Tasks = nil, nil
	c.steering.Directive, c.steering.permits = d, d.Limit
	if d.Wave >= 0 {
		c.report.Forecast = workflows.Forecast{} // it was summed up when the plan was frozen
	}
	for _, task := range tasks {
		if task.Serial > c.steering.taken {
			c.steering.taken = task.Serial
			c.take(ctx, task)
		}
	}
	c.giveBackPermits()
	c.Changed()
}

// take carries a task out that changes the record alone, and leaves others to the cell's main loop.
func (c *cell) take(ctx workflow.Context, task workflows.Task) {
	switch task.Kind {
	case workflows.CancelTask:
		if c.report.Phase == workflows.CellPlanning || len(c.steering.doing) > 0 {
			c.steering.doing = append(c.steering.doing, task) // what is planned meanwhile is cancelled too
			return
		}
		c.cancelPart(ctx, task)
	case workflows.ReturnTask:
		c.returnPart(ctx, task)
	default:
		c.steering.doing = append(c.steering.doing, task)
	}
}

// tasksDone is the last task before which all are done.
func (s *steering) tasksDone() int64 {
	if len(s.doing) > 0 {
		return s.doing[0].Serial - 1
	}
	return s.taken
}

// stamp writes on each canary which wave takes it: of each class the first by name that no wave before took.
func (c *cell) stamp(shares []workflows.Share) {
	if len(shares) == 0 || len(c.report.Classes) == 0 {
		return
	}
	specs := c.in.Spec.Rollout.Waves
	for wave, share := range shares {
		left := map[string]int{}
		for _, class := range workflow.DeterministicKeys(share) {
			left[class] = share[class]
		}
		for i := range c.canaries {
			item := &c.canaries[i]
			if item.State != workflows.Pending || item.Wave != nil {
				continue
			}
			if class := planning.Class(*item, specs); left[class] > 0 {
				left[class]--
				item.Wave = new(wave)
			}
		}
	}
	c.report.Classes = nil
}

// shut reports whether a canary is paused.
func (c *cell) shut(item *workflows.Canary) bool {
	return c.steering.Gate.Shut(c.in.Cell, waveOf(item), item.Recorded.Name)
}

// waveOf is the number of a canary's wave, -1 without one.
func waveOf(item *workflows.Canary) int {
	if item.Wave == nil {
		return -1
	}
	return *item.Wave
}

// Subject is on whose behalf something is changed for a canary. Cells of before there were gates have none.
func (c *cell) Subject(by *workflows.Canary) workflows.Subject {
	if c.in.Format == 0 {
		return workflows.Subject{}
	}
	return workflows.Subject{Migration: c.in.Migration, Cell: c.in.Cell, Wave: waveOf(by), Canary: by.Recorded.Name}
}

// itself is on whose behalf the cell changes what its canaries share: the wave's that runs.
func (c *cell) itself() workflows.Subject {
	if c.in.Format == 0 {
		return workflows.Subject{}
	}
	return workflows.Subject{Migration: c.in.Migration, Cell: c.in.Cell, Wave: c.steering.Wave}
}

// covered are the canaries of a part.
func (c *cell) covered(part workflows.Part) []*workflows.Canary {
	var list []*workflows.Canary
	for i := range c.canaries {
		if item := &c.canaries[i]; part.Covers(c.in.Cell, waveOf(item), item.Recorded.Name) {
			list = append(list, item)
		}
	}
	return list
}

// permitted reports whether a canary's story may be told now. Only one that is begun needs a permit: one that is taken up
// again has its own, and the way back is nobody's failure.
func (c *cell) permitted(i int) bool {
	window := c.in.Spec.MaxConcurrent
	if c.in.Format > 0 {
		window = c.steering.MaxConcurrent
	}
	if len(c.telling) >= max(window, 1) {
		return false
	}
	if c.canaries[i].State != workflows.Pending || c.steering.permits == waves.Unbounded {
		return true
	}
	return c.burned()+c.inFlight() < c.steering.permits
}

// inFlight is how many canaries are in their stories: those that are told, and those that are to be taken up.
func (c *cell) inFlight() int {
	n := 0
	for i, item := range c.canaries {
		if c.telling[i] || item.State != workflows.Pending && canary.Unfinished(item) {
			n++
		}
	}
	return n
}

// burned is how many permits failures have burned.
func (c *cell) burned() int {
	n := 0
	for place, item := range c.canaries {
		if charged(item) && !c.isWeighed(place) && item.Wave != nil && *item.Wave >= c.first() {
			n++
		}
	}
	return n
}

// first is the number of the first wave of the plan that runs.
func (c *cell) first() int { return c.steering.First }

// giveBackPermits gives up the permits that nothing of the cell can use now: a cell that is paused must not keep them from
// others.
func (c *cell) giveBackPermits() {
	if c.steering.permits == waves.Unbounded || slices.ContainsFunc(c.canaries, c.waitsForPermit) {
		return
	}
	if used := c.burned() + c.inFlight(); used < c.steering.permits {
		c.steering.permits = used
		c.Changed()
	}
}

func (c *cell) waitsForPermit(item workflows.Canary) bool {
	return item.State == workflows.Pending && item.Wave != nil && *item.Wave <= c.steering.Wave && !c.shut(&item)
}
