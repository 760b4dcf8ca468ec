package migration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

// TestLimitsOfLostCell terminates the cell that has all permits: one was burned by a failure, and one by the canary that was in
// flight, since nobody knows how it ended. The third is for others.
func TestLimitsOfLostCell(t *testing.T) {
	lost, other := workflows.Cell{Account: "1", Region: "x"}, workflows.Cell{Account: "2", Region: "x"}
	m := in(workflows.Running)
	m.cells = newCells([]workflows.Cell{lost, other})
	m.view.Waves = []workflows.Wave{{State: workflows.WaveRunning}}
	m.view.MaxConcurrent, m.view.Budget = 4, workflows.BudgetState{Allowed: new(2)}
	m.helm = newHelm(m.cells, &workflows.MigrationResume{Steering: []workflows.Steering{{Serial: 7, Limit: 3}}})
	*m.cells.report[lost] = workflows.CellReport{
		Cell: lost, Phase: workflows.CellRunning, Serial: 6, Limit: 3, InFlight: 1, Waves: []workflows.CellWave{{Canaries: 9, Waiting: 6, Failed: 1}},
	}
	*m.cells.report[other] = workflows.CellReport{Cell: other, Phase: workflows.CellRunning, Waves: []workflows.CellWave{{Canaries: 5, Waiting: 5}}}
	if diff := cmp.Diff([]int{3, 0}, m.limits(m.openings())); diff != "" {
		t.Fatalf("before (-want +got):\n%s", diff)
	}
	m.cells.lose(lost)
	if diff := cmp.Diff([]int{2, 1}, m.limits(m.openings())); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}

// TestTasksThatWereCarriedOutAreForgotten puts canaries back one by one: what a run hands on must not grow with them.
func TestTasksThatWereCarriedOutAreForgotten(t *testing.T) {
	one, other := workflows.Cell{Account: "1", Region: "x"}, workflows.Cell{Account: "2", Region: "x"}
	m := in(workflows.Running)
	m.cells = newCells([]workflows.Cell{one, other})
	m.cells.started = 2
	for range 100 {
		m.assign(workflows.Task{Kind: workflows.ReturnTask, Part: workflows.Part{Cell: &one, Canary: "shop"}})
		m.cells.report[one].Tasks = m.helm.task
	}
	m.assign(workflows.Task{Kind: workflows.ReturnTask})
	m.cells.report[one].Tasks = m.helm.task
	m.assign(workflows.Task{Kind: workflows.ReturnTask, Part: workflows.Part{Cell: &one}})
	var got []int64
	for _, task := range m.helm.tasks {
		got = append(got, task.Serial)
	}
	if diff := cmp.Diff([]int64{101, 102}, got); diff != "" { // the other cell has not carried out the first of them
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}
