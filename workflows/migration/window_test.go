package migration

import (
	"log/slog"
	"testing"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// many is a running migration of that many cells, with as many canaries that wait in each, none of which has been told
// anything.
func many(cells, canaries int) *migration {
	m := in(workflows.Running)
	m.in.Format = workflows.FormatLean
	m.cells = fleetOf(cells)
	m.view.MaxConcurrent = 10
	m.view.Waves = []workflows.Wave{{State: workflows.WaveRunning}}
	m.helm = newHelm(m.cells, nil)
	for _, r := range m.cells.inOrder {
		r.Waves = []workflows.CellWave{{Canaries: canaries, Waiting: canaries}}
	}
	return m
}

// opened has the cells told what they are to be, as steer does, and answers how many work on the wave.
func opened(m *migration) int {
	n := 0
	c := m.course()
	for i := range m.helm.told {
		d := m.directive(c, i)
		d.Serial = 1
		if d.Wave == 0 {
			n++
			m.helm.told[i] = d
		}
	}
	return n
}

// TestWindow opens as many cells as a worker keeps, by what they have to tell.
func TestWindow(t *testing.T) {
	for name, test := range map[string]struct {
		cells, canaries int
		edit            func(*migration)
		want            int
	}{
		"cells of a fleet":                    {4000, 25, nil, mostStories / 25},
		"all fit":                             {100, 25, nil, 100},
		"cells of one canary":                 {4000, 1, nil, 4000},
		"cells that tell some of many":        {4000, 1000, nil, mostStories / 25},
		"cells that tell many":                {4000, 1000, func(m *migration) { m.view.MaxConcurrent = 500 }, mostStories / 500},
		"one that tells more than all may":    {2, 50_000, func(m *migration) { m.view.MaxConcurrent = 50_000 }, 1},
		"none before the wave":                {4, 25, func(m *migration) { m.view.Waves[0].State = workflows.WavePending }, 0},
		"none more while the migration rests": {4, 25, func(m *migration) { m.view.State = workflows.PausedState }, 0},
		"all, before there was a window":      {4000, 25, func(m *migration) { m.in.Format = workflows.FormatRollout }, 4000},
	} {
		t.Run(name, func(t *testing.T) {
			m := many(test.cells, test.canaries)
			if test.edit != nil {
				test.edit(m)
			}
			if got := opened(m); got != test.want {
				t.Errorf("%d cells are opened, want %d", got, test.want)
			}
			if crowded := test.want < test.cells && m.view.Waves[0].State == workflows.WaveRunning; m.helm.crowded != crowded {
				t.Errorf("crowded is %v, want %v: else nobody opens the others", m.helm.crowded, crowded)
			}
		})
	}
}

// TestWindowMovesOn opens another cell for each that has told its stories, though a canary of it is paused and never begins.
func TestWindowMovesOn(t *testing.T) {
	m := many(4000, 25)
	before := opened(m)
	for _, r := range m.cells.inOrder[:3] {
		report := *r
		report.Sequence++
		report.Waves = []workflows.CellWave{{Canaries: 25, Waiting: 2}}
		m.cells.take(report)
		if m.makesRoom(report) {
			t.Error("a cell with canaries that wait makes room")
		}
		report.Sequence++
		report.Waves = []workflows.CellWave{{Canaries: 25, Rested: 24}}
		m.cells.take(report)
		if !m.makesRoom(report) {
			t.Error("a cell that has told its stories makes no room")
		}
	}
	if got := opened(m); got != before+3 {
		t.Errorf("%d cells are opened, want %d and 3 more", got, before)
	}
}

// TestPermitsAreForOpenCells: a cell that waits for others would keep its permits from them.
func TestPermitsAreForOpenCells(t *testing.T) {
	m := many(4000, 25)
	m.view.Rollout.MaxTotal = 50
	permits, idle := 0, 0
	c := m.course()
	for i := range m.helm.told {
		d := m.directive(c, i)
		permits += max(d.Limit, 0)
		if d.Wave < 0 {
			idle += max(d.Limit, 0)
		}
	}
	if permits != 50 || idle != 0 {
		t.Errorf("%d permits, %d of them for cells that are not opened; want 50 and none", permits, idle)
	}
}

// TestWindowOutlivesARun hands a migration on while cells wait for others. Those have told some of their stories since the
// last were opened, so that all would have room now: unless the new run sees to the rest, no report ever does.
func TestWindowOutlivesARun(t *testing.T) {
	m := many(500, 25)
	m.in.Spec.Accounts, m.in.Spec.Regions = m.cells.accounts(), []string{"eu-west-1", "us-east-1", "eu-central-1", "us-west-2"}
	for i, cell := range m.in.Spec.Cells() {
		m.cells.order[i], m.cells.inOrder[i] = cell, m.cells.report[cell]
	}
	before := opened(m)
	for _, r := range m.cells.inOrder[:before] {
		report := *r
		report.Sequence++
		report.Serial, report.Waves = 1, []workflows.CellWave{{Canaries: 25, Waiting: 5, Rested: 20}}
		m.cells.take(report)
	}
	in := m.in
	in.Resume = &workflows.MigrationResume{View: m.view, Cells: m.cells.reports(), Started: 500, Steering: m.steering()}
	next := newMigration(nil, in)
	if !next.helm.turned && !next.helm.crowded {
		t.Errorf("%d of 500 cells are opened, and nothing opens the others", before)
	}
	if got := opened(next); got != 500 {
		t.Errorf("%d cells are opened after the hand on, want all 500", got)
	}
}

// TestRoomIsLeftToTheNextRun takes the report of a cell that has told its stories. A run that hands on does not tell the cells that
// wait for that: while it did another would have, and so on, as long as the fleet is at work.
func TestRoomIsLeftToTheNextRun(t *testing.T) {
	for _, leaving := range []bool{false, true} {
		m := many(500, 25)
		m.in.Format, m.leaving = workflows.FormatTerse, leaving
		opened(m)
		done := *m.cells.inOrder[0]
		done.Sequence, done.Waves = 2, []workflows.CellWave{{Canaries: 25, Rested: 25}}

		suite := &testsuite.WorkflowTestSuite{}
		suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
		env := suite.NewTestWorkflowEnvironment()
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.ReportSignal, done) }, 0)
		env.ExecuteWorkflow(func(ctx workflow.Context) error {
			m.reports = workflow.GetSignalChannel(ctx, workflows.ReportSignal)
			err := workflow.Await(ctx, func() bool { return m.reports.Len() > 0 })
			m.drain(ctx)
			return err
		})
		if err := env.GetWorkflowError(); err != nil {
			t.Fatal(err)
		}
		if m.cells.inOrder[0].Sequence != 2 || m.helm.turned == leaving {
			t.Errorf("leaving %v: the report is taken as %+v, and the cells are told: %v", leaving, m.cells.inOrder[0], m.helm.turned)
		}
	}
}

// TestPermitsOutliveARun hands a migration on before the cells were told which permits a report has freed: the new run tells them.
func TestPermitsOutliveARun(t *testing.T) {
	m := many(2, 25)
	m.in.Format = workflows.FormatTerse
	m.in.Spec.Accounts, m.in.Spec.Regions = m.cells.accounts(), []string{"eu-west-1", "us-east-1"}
	m.view.Rollout.MaxTotal = 4
	in := m.in
	for _, told := range []int{2, 1} {
		steering := []workflows.Steering{{Serial: 1, Limit: told}, {Serial: 1, Limit: 2}}
		in.Resume = &workflows.MigrationResume{View: m.view, Cells: m.cells.reports(), Started: 2, Steering: steering}
		for i := range in.Resume.Cells {
			in.Resume.Cells[i].Serial, in.Resume.Cells[i].Limit = 1, steering[i].Limit
		}
		if next := newMigration(nil, in); next.helm.turned != (told == 1) {
			t.Errorf("one cell was told of %d permits and has 2, and the cells are told: %v", told, next.helm.turned)
		}
	}
}

// BenchmarkSteer is what a report costs of a cell that makes room, in a fleet of 4,000 cells of which 400 are at work.
func BenchmarkSteer(b *testing.B) {
	m := many(4000, 25)
	opened(m)
	for b.Loop() {
		if n := len(m.instructions()); n > len(m.cells.order) {
			b.Fatal(n)
		}
	}
}
