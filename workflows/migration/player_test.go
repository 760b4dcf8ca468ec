package migration

import (
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/waves"
)

// player plays a cell: it keeps to its directives as cells do, and its canaries rest as the test wants.
type player struct {
	content
	stage    *stage
	report   workflows.CellReport
	canaries []played
	told     workflows.Directive
	permits  int
	closed   bool
	changed  bool
}

type played struct {
	state workflows.CanaryState
	wave  int
	begun bool
}

// play is the workflow of a cell.
func (s *stage) play(ctx workflow.Context, in workflows.CellInput) error {
	p := &player{content: s.parts[in.Cell.Account], stage: s, permits: waves.Unbounded, told: workflows.Directive{Wave: -1}}
	p.report = workflows.CellReport{Cell: in.Cell, Phase: workflows.CellPlanned, Digest: in.Cell.Account, Problem: p.problem}
	for range p.content.canaries {
		p.canaries = append(p.canaries, played{state: workflows.Pending, wave: -1})
	}
	p.report.Plan.ToMigrate = len(p.canaries)
	if len(in.Spec.Rollout.Waves) > 0 && len(p.canaries) > 0 {
		p.report.Classes = map[string]int{"kind|": len(p.canaries)}
	} else {
		for i := range p.canaries {
			p.canaries[i].wave = 0
		}
	}
	p.changed = true
	workflow.Go(ctx, p.reports)
	workflow.Go(ctx, p.follows)
	workflow.Go(ctx, p.obeys)
	ends := func() bool { return p.closed }
	if p.dies > 0 {
		_, err := workflow.AwaitWithTimeout(ctx, p.dies, ends)
		return err
	}
	return workflow.Await(ctx, ends)
}

// reports tells the migration of what has changed.
func (p *player) reports(ctx workflow.Context) {
	for workflow.Await(ctx, func() bool { return p.changed }) == nil {
		p.changed = false
		p.count()
		_ = workflow.SignalExternalWorkflow(ctx, workflows.MigrationID("m-0"), "", workflows.ReportSignal, p.report).Get(ctx, nil)
	}
}

// follows takes directives, and begins what they permit.
func (p *player) follows(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, workflows.DirectSignal)
	for {
		var d workflows.Directive
		channel.Receive(ctx, &d)
		p.told, p.permits = d, d.Limit
		p.share(d.Shares)
		for _, task := range d.Tasks {
			if task.Serial > p.report.Tasks {
				p.carryOut(task)
			}
		}
		if b := d.Bake; b != nil && !p.report.Waves[b.Wave].Baked {
			p.report.Waves[b.Wave].Baked = true
		}
		p.begin(ctx)
	}
}

// obeys takes orders.
func (p *player) obeys(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, workflows.OrderSignal)
	for {
		var order workflows.Order
		channel.Receive(ctx, &order)
		switch order {
		case workflows.Close:
			p.closed = true
		case workflows.Review:
			_ = workflow.Sleep(ctx, p.reviewing)
			p.report.Reviews++
		default: // workflows.Report
		}
		p.changed = true
	}
}

func (p *player) share(shares []workflows.Share) {
	for wave, share := range shares {
		for n := share["kind|"]; n > 0; n-- {
			i := slices.IndexFunc(p.canaries, func(c played) bool { return c.wave < 0 })
			p.canaries[i].wave = wave
		}
	}
	if len(shares) > 0 {
		p.report.Classes = nil
	}
}

func (p *player) carryOut(task workflows.Task) {
	p.report.Tasks = task.Serial
	if task.Kind == workflows.RetryTask {
		p.report.Retried, p.report.Plan, p.report.Digest = 0, workflows.PlanCount{}, ""
	}
	for i := range p.canaries {
		c := &p.canaries[i]
		if !task.Part.Covers(p.report.Cell, c.wave, strconv.Itoa(i)) {
			continue
		}
		switch {
		case task.Kind == workflows.RetryTask && slices.Contains(retried, c.state):
			*c = played{state: workflows.Pending, wave: task.Wave}
			p.content.canaries[i] = workflows.Migrated // what was in the way is mended
			p.report.Retried++
			p.report.Plan.ToMigrate++
		case task.Kind == workflows.ReturnTask && c.state == workflows.Migrated:
			c.state = workflows.Returned
		case (task.Kind == workflows.ReturnTask || task.Kind == workflows.CancelTask) && c.state == workflows.Pending:
			c.state = workflows.CanaryCancelled
		}
	}
	if task.Kind == workflows.ExportTask {
		p.report.Evidence = "sum"
	}
}

// begin begins the stories that are permitted.
func (p *player) begin(ctx workflow.Context) {
	for i := range p.canaries {
		c := &p.canaries[i]
		free := p.permits == waves.Unbounded || p.burned()+p.in(workflows.Migrating) < p.permits
		if free && p.waits(*c) && p.in(workflows.Migrating) < p.told.MaxConcurrent {
			*c = played{state: workflows.Migrating, wave: c.wave, begun: true}
			workflow.Go(ctx, func(ctx workflow.Context) { p.tell(ctx, i) })
		}
	}
	if used := p.burned() + p.in(workflows.Migrating); used < p.permits && !slices.ContainsFunc(p.canaries, p.waits) {
		p.permits = used
	}
	p.changed = true
}

// tell is the story of a canary.
func (p *player) tell(ctx workflow.Context, i int) {
	p.stage.inFlight++
	p.stage.peak = max(p.stage.peak, p.stage.inFlight)
	length := time.Minute
	if i < len(p.lasts) {
		length = p.lasts[i]
	}
	_ = workflow.Sleep(ctx, length)
	_ = workflow.Await(ctx, func() bool { return !p.told.Gate.Shut(p.report.Cell, p.canaries[i].wave, strconv.Itoa(i)) })
	p.canaries[i].state = p.content.canaries[i]
	p.stage.inFlight--
	p.begin(ctx)
}

func (p *player) waits(c played) bool {
	return c.state == workflows.Pending && c.wave >= 0 && c.wave <= p.told.Wave && !p.told.Gate.Shut(p.report.Cell, c.wave, "")
}

func (p *player) in(state workflows.CanaryState) int {
	n := 0
	for _, c := range p.canaries {
		if c.state == state {
			n++
		}
	}
	return n
}

func (p *player) burned() int {
	n := 0
	for _, c := range p.canaries {
		if c.state == workflows.CanaryFailed && c.begun && c.wave >= p.told.First {
			n++
		}
	}
	return n
}

// count brings the report up to date.
func (p *player) count() {
	r := &p.report
	r.Sequence++
	r.Serial, r.Limit, r.InFlight = p.told.Serial, p.permits, p.in(workflows.Migrating)
	r.States, r.Done, r.Returnable = map[workflows.CanaryState]int{}, p.in(workflows.Migrated), p.in(workflows.Migrated)
	old := r.Waves
	r.Waves = nil
	open, now := 0, 0
	for _, c := range p.canaries {
		r.States[c.state]++
		if c.state == workflows.Pending || c.state == workflows.Migrating {
			open++
		}
		if c.state == workflows.Migrating || c.state == workflows.Pending && c.wave >= 0 && c.wave <= p.told.Wave {
			now++
		}
	}
	for _, c := range p.canaries {
		if c.wave < 0 {
			continue
		}
		for len(r.Waves) <= c.wave {
			r.Waves = append(r.Waves, workflows.CellWave{})
		}
		w := &r.Waves[c.wave]
		w.Canaries++
		switch c.state {
		case workflows.Pending:
			w.Waiting++
		case workflows.Migrating:
		default:
			w.Rested++
		}
		if c.state == workflows.CanaryFailed && c.begun {
			w.Failed++
		}
	}
	for i := range r.Waves {
		r.Waves[i].Baked = i < len(old) && old[i].Baked
		r.Waves[i].Done = now == 0 && r.Waves[i].Rested == r.Waves[i].Canaries
	}
	if p.held && open == 0 {
		r.Held = 1
	}
	switch {
	case now > 0:
		r.Phase = workflows.CellRunning
	case open == 0 && (p.told.Serial > 0 || p.problem == nil && len(p.canaries) == 0):
		r.Phase = workflows.CellResting
	case p.told.Wave >= 0:
		r.Phase = workflows.CellWaiting
	}
}
