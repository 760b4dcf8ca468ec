package migration

import (
	"fmt"
	"testing"

	"rekey/workflows"
)

// fleetOf are cells of a fleet, all of which have reported.
func fleetOf(n int) *cells {
	var order []workflows.Cell
	for i := range n {
		order = append(order, workflows.Cell{Account: fmt.Sprintf("1%011d", i/4), Region: []string{"eu-west-1", "us-east-1", "eu-central-1", "us-west-2"}[i%4]})
	}
	c := newCells(order)
	for _, cell := range order {
		c.take(workflows.CellReport{
			Cell: cell, Phase: workflows.CellRunning, Sequence: 1,
			States: map[workflows.CanaryState]int{workflows.Migrated: 20, workflows.Migrating: 3, workflows.Pending: 2},
			Steps:  map[workflows.Step]int{"GRANT": 1, "UPDATE": 2},
			Waves:  []workflows.CellWave{{Canaries: 25, Waiting: 2, Rested: 20}},
		})
	}
	return c
}

// BenchmarkProgress is what a question costs a migration of the largest size.
func BenchmarkProgress(b *testing.B) {
	c := fleetOf(4000)
	for b.Loop() {
		_ = c.progress()
	}
}

// BenchmarkRested is what a condition costs that is looked at with every report of a cell.
func BenchmarkRested(b *testing.B) {
	c := fleetOf(4000)
	for b.Loop() {
		_ = c.rested()
	}
}
