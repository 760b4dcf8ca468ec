package migration

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/waves"
)

// helm is what the migration has told its cells, and what it is about to tell them.
type helm struct {
	// told is by the places in cells.order; of a cell that was told nothing the serial is 0.
	told  []workflows.Directive
	tasks []workflows.Task
	// task is the serial of the last task, and shares what each wave takes of each cell (by place) as long as some cell has to
	// be told.
	task   int64
	shares [][]workflows.Share
	// telling says that cells are being told.
	telling bool
	// crowded says that cells wait until others have told their stories.
	crowded bool
	// turned says that what the cells are to be told may have changed.
	turned bool
}

func newHelm(cells *cells, r *workflows.MigrationResume) helm {
	h := helm{told: slices.Repeat(untold, len(cells.order))}
	if r == nil {
		return h
	}
	h.tasks, h.task = r.Tasks, r.TaskSerial
	for i, s := range r.Steering {
		h.told[i] = workflows.Directive{Serial: s.Serial, Wave: s.Wave, Limit: s.Limit}
	}
	return h
}

// untold is nothing to begin, before a cell was told anything.
var untold = []workflows.Directive{{Wave: -1, Limit: waves.Unbounded}}

// steering is what a new run has to know of what was told.
func (m *migration) steering() []workflows.Steering {
	if m.in.Format == 0 {
		return nil
	}
	list := make([]workflows.Steering, len(m.cells.order))
	for i := range list {
		d := &m.helm.told[i]
		list[i] = workflows.Steering{Serial: d.Serial, Wave: d.Wave, Limit: d.Limit}
	}
	return list
}

// turn has the cells told what has changed. Cells of before there were directives are told by orders.
func (m *migration) turn() { m.helm.turned = m.in.Format > 0 }

// steerLoop tells cells what they are to be whenever that changes.
func (m *migration) steerLoop(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return m.helm.turned }); err != nil {
			return
		}
		m.helm.turned, m.helm.telling = false, true
		m.steer(ctx)
		m.helm.telling = false
	}
}

// steer tells every cell of which something has changed. What it has told before is compared with what it would tell now:
// a directive is whole, so nothing but the newest counts.
func (m *migration) steer(ctx workflow.Context) {
	list := m.instructions()
	m.tellEach(ctx, workflows.DirectSignal, func(i int, _ workflows.Cell) any {
		for len(list) > 0 && list[0].place < i {
			list = list[1:]
		}
		if len(list) == 0 || list[0].place != i {
			return nil
		}
		d, told := list[0].to, &m.helm.told[i]
		d.Serial = told.Serial + 1
		*told = d
		told.Shares = nil
		return d
	})
}

// instruction is what a cell, by its place, is to be told.
type instruction struct {
	place int
	to    workflows.Directive
}

// instructions are what differs from what the cells were told last. There are thousands of cells, of which a few are told something
// whenever another has reported.
func (m *migration) instructions() []instruction {
	var list []instruction
	c := m.course()
	for i := range m.cells.order {
		d, last := m.directive(c, i), &m.helm.told[i]
		news := d.Shares != nil || m.hasNewTask(&d, last)
		idle := d.Wave < 0 && m.cells.inOrder[i].Problem == nil // one that could not be planned rests when it is told anything
		if news || !same(&d, last) && (last.Serial > 0 || !idle) {
			list = append(list, instruction{i, d})
		}
	}
	return list
}

// same reports whether a cell that was told one need not be told the other.
func same(d, last *workflows.Directive) bool {
	bakes := (d.Bake == nil) == (last.Bake == nil) && (d.Bake == nil || *d.Bake == *last.Bake)
	return d.Wave == last.Wave && d.First == last.First && d.Limit == last.Limit && d.MaxConcurrent == last.MaxConcurrent &&
		d.StartsPerMinute == last.StartsPerMinute && d.Edits == last.Edits && d.ChargeOutages == last.ChargeOutages && bakes &&
		slices.EqualFunc(d.Gate.Parts, last.Gate.Parts, workflows.Part.Same)
}

// hasNewTask reports whether there is a task that the cell was not told.
func (m *migration) hasNewTask(d, last *workflows.Directive) bool {
	return slices.ContainsFunc(d.Tasks, func(t workflows.Task) bool {
		return !slices.ContainsFunc(last.Tasks, func(o workflows.Task) bool { return o.Serial == t.Serial })
	})
}

// restoreTold makes up, in a new run, what the cells were told last: the run before told them all that there was to tell. But
// cells may have made room for others since: those are told so, because the reports that would have said it have been taken.
func (m *migration) restoreTold() {
	if m.in.Format == 0 {
		return
	}
	c := m.course()
	for i := range m.helm.told {
		d, told := m.directive(c, i), &m.helm.told[i]
		freed := m.in.Format >= workflows.FormatTerse && d.Limit != told.Limit
		if m.isLean() && d.Wave > told.Wave || freed && told.Serial > 0 {
			m.turn()
		}
		if told.Serial > 0 {
			d.Serial, d.Wave, d.Limit, d.Shares = told.Serial, told.Wave, told.Limit, nil
			*told = d
		}
	}
}

// course is what directives are made from, for all cells: the waves that each is opened for, its permits, and the wave of which
// runs are compared, if there is one.
type course struct {
	opened, limits []int
	compared       *workflows.Wave
}

func (m *migration) course() course {
	c := course{opened: m.openings()}
	c.limits = m.limits(c.opened)
	if w := m.current(); w != nil && m.comparing && w.State == workflows.WaveBaking {
		c.compared = w
	}
	return c
}

// directive is what a cell, by its place, is to be now.
func (m *migration) directive(c course, i int) workflows.Directive {
	cell := m.cells.order[i]
	d := workflows.Directive{
		Wave: c.opened[i], First: m.first, Limit: c.limits[i], MaxConcurrent: m.view.MaxConcurrent,
		StartsPerMinute: m.view.Rollout.StartsPerMinute, Edits: m.view.Rollout.Edits, ChargeOutages: m.view.Rollout.ChargeOutages,
		Gate: m.gateOf(cell), Tasks: m.tasksOf(cell), ReportEvery: m.reportEvery(), Shares: m.sharesOf(i),
	}
	if w := c.compared; w != nil && m.cells.inOrder[i].Share(w.Number) > 0 {
		d.Bake = &workflows.Bake{Wave: w.Number, Runs: w.Spec.BakeRuns}
	}
	return d
}

// How often a cell tells what is only shown: seldom enough for the migration to take the reports of all its cells, and often
// enough for who watches few of them.
const (
	reportShare  = 250 * time.Millisecond // for each cell
	reportOften  = 2 * time.Second
	reportSeldom = time.Minute
)

// reportEvery is how long a cell may keep to itself what is only shown.
func (m *migration) reportEvery() time.Duration {
	if !m.isLean() {
		return 0
	}
	return min(max(time.Duration(len(m.cells.order))*reportShare, reportOften), reportSeldom)
}

// gateOf is what of a cell is paused.
func (m *migration) gateOf(cell workflows.Cell) workflows.Gate {
	var g workflows.Gate
	for _, p := range m.view.Pauses {
		if p.Part.Touches(cell) {
			g.Parts = append(g.Parts, p.Part)
		}
	}
	for _, p := range m.view.Opened {
		if p.Touches(cell) {
			g.Open = append(g.Open, p)
		}
	}
	return g
}

// tasksOf are the tasks that a cell has not reported as done. One that it was told already is told again with whatever else
// is news: the cell knows by its serial.
func (m *migration) tasksOf(cell workflows.Cell) []workflows.Task {
	var list []workflows.Task
	for _, t := range m.helm.tasks {
		if m.isDue(cell, t) {
			list = append(list, t)
		}
	}
	return list
}

// isDue reports whether a cell has yet to say that it carried a task out.
func (m *migration) isDue(cell workflows.Cell, t workflows.Task) bool {
	told := t.Part.Touches(cell) || t.Kind == workflows.RetryTask // the others say that the new plan has nothing of them
	return told && t.Serial > m.cells.report[cell].Tasks
}

// isCarriedOut reports whether every cell that can be reached has carried a task out.
func (m *migration) isCarriedOut(t workflows.Task) bool {
	return !slices.ContainsFunc(m.cells.order, func(cell workflows.Cell) bool {
		return m.cells.report[cell].Problem == nil && m.isDue(cell, t)
	})
}

// sharesOf are a cell's shares of the waves, until it has reported that it knows them.
func (m *migration) sharesOf(i int) []workflows.Share {
	if len(m.helm.shares) == 0 || len(m.cells.inOrder[i].Classes) == 0 {
		return nil
	}
	list := make([]workflows.Share, len(m.helm.shares))
	for wave, shares := range m.helm.shares {
		list[wave] = shares[i]
	}
	return list
}

// assign gives a task to the cells that the part touches. Those that were carried out are forgotten: an operator may put back
// thousands of canaries, one by one.
func (m *migration) assign(t workflows.Task) {
	m.helm.tasks = slices.DeleteFunc(m.helm.tasks, m.isCarriedOut)
	m.helm.task++
	t.Serial = m.helm.task
	m.helm.tasks = append(m.helm.tasks, t)
	m.turn()
}

// carriedOut reports whether every started cell that can be reached has carried out all its tasks, and forgets those.
func (m *migration) carriedOut() bool {
	if len(m.helm.tasks) == 0 {
		return true
	}
	for _, cell := range m.cells.order[:m.cells.started] {
		if m.cells.report[cell].Problem == nil && len(m.tasksOf(cell)) > 0 {
			return false
		}
	}
	m.helm.tasks = nil
	return true
}

// owes reports whether more is expected of a cell: that it rests, a review, a task, or a bake.
func (m *migration) owes(r *workflows.CellReport) bool {
	if m.cells.late(r) {
		return true
	}
	w := m.current()
	bakes := w != nil && m.comparing && r.Share(w.Number) > 0 && !r.Waves[w.Number].Baked
	return r.Problem == nil && (bakes || len(m.tasksOf(r.Cell)) > 0)
}

// limits are how many permits each cell is to have that is opened for those waves.
func (m *migration) limits(opened []int) []int {
	var wave workflows.BudgetState
	number := -1
	if w := m.current(); w != nil {
		wave, number = w.Budget, w.Number
	}
	permits := waves.Permits(m.view.Budget, wave, m.view.Rollout.MaxTotal)
	if permits == waves.Unbounded {
		return slices.Repeat([]int{waves.Unbounded}, len(m.cells.order))
	}
	accounts := make([]waves.Account, len(m.cells.order))
	for i := range accounts {
		accounts[i] = m.account(i, number)
		if m.isLean() && opened[i] < number {
			accounts[i].Wants = 0 // its turn comes when others have told their stories
		}
	}
	return waves.Allot(permits, accounts)
}

// account is what is known of the permits of a cell, by its place.
func (m *migration) account(i, wave int) waves.Account {
	told, r := &m.helm.told[i], m.cells.inOrder[i]
	if r.Problem != nil { // it is gone, and begins nothing
		return waves.Account{Follows: true, Failed: r.FailedFrom(m.first)}
	}
	a := waves.Account{
		Told: max(told.Limit, 0), Follows: r.Serial >= told.Serial, Has: max(r.Limit, 0), InFlight: r.InFlight, Failed: r.FailedFrom(m.first),
	}
	if waiting := r.WaitingUpTo(wave) + r.InFlight; m.view.State == workflows.Running {
		a.Wants = min(waiting, m.view.MaxConcurrent)
	}
	if r.Serial > 0 && min(r.Limit, told.Limit) == waves.Unbounded { // nothing bounds it until it follows
		a.Has = max(a.Has, a.Failed+min(r.WaitingUpTo(told.Wave)+r.InFlight, m.view.MaxConcurrent))
	}
	return a
}
