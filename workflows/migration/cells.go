package migration

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// cells is what the migration knows of its cells, in the order of Spec.Cells.
type cells struct {
	order   []workflows.Cell
	report  map[workflows.Cell]*workflows.CellReport
	started int
	// reviewed is how many reviews a cell is to have made before the migration concludes.
	reviewed map[workflows.Cell]int
}

func newCells(order []workflows.Cell) *cells {
	c := &cells{order: order, report: map[workflows.Cell]*workflows.CellReport{}, reviewed: map[workflows.Cell]int{}}
	for _, cell := range order {
		c.report[cell] = &workflows.CellReport{Cell: cell, Phase: workflows.CellPlanning}
	}
	return c
}

func (c *cells) resume(r *workflows.MigrationResume) {
	c.started = r.Started
	for _, report := range r.Cells {
		c.take(report)
	}
	if r.Reviewed {
		c.expectReviews()
	}
}

// take notes a cell's report, unless a newer one is known. It reports whether it was news.
func (c *cells) take(report workflows.CellReport) bool {
	known, ok := c.report[report.Cell]
	if !ok || report.Sequence < known.Sequence {
		return false
	}
	*known = report
	return true
}

// reports are the cells' last reports, in their order.
func (c *cells) reports() []workflows.CellReport {
	list := make([]workflows.CellReport, len(c.order))
	for i, cell := range c.order {
		list[i] = *c.report[cell]
	}
	return list
}

func (c *cells) count(is func(*workflows.CellReport) bool) int {
	n := 0
	for _, cell := range c.order {
		if is(c.report[cell]) {
			n++
		}
	}
	return n
}

func isPlanned(r *workflows.CellReport) bool { return r.Phase != workflows.CellPlanning }

func isRested(r *workflows.CellReport) bool { return r.Phase == workflows.CellResting }

func (c *cells) planned() bool { return c.count(isPlanned) == len(c.order) }

func (c *cells) rested() bool { return c.count(isRested) == len(c.order) }

func (c *cells) unreachable() int {
	return c.count(func(r *workflows.CellReport) bool { return r.Problem != nil })
}

// expectReviews asks one review of each cell that holds access in an account in which the migration has another
// cell: that one may have been in the way.
func (c *cells) expectReviews() {
	perAccount := map[string]int{}
	for _, cell := range c.order {
		perAccount[cell.Account]++
	}
	for _, cell := range c.order {
		if r := c.report[cell]; r.Held > 0 && perAccount[cell.Account] > 1 {
			c.reviewed[cell] = 1
		}
	}
}

func (c *cells) allReviewed() bool {
	return c.count(func(r *workflows.CellReport) bool { return r.Reviews < c.reviewed[r.Cell] }) == 0
}

// plan sums up what the cells froze.
func (c *cells) plan() workflows.PlanCount {
	var sum workflows.PlanCount
	for _, cell := range c.order {
		n := c.report[cell].Plan
		sum.Canaries += n.Canaries
		sum.ToMigrate += n.ToMigrate
		sum.Skipped += n.Skipped
		sum.Blocked += n.Blocked
		sum.Grants += n.Grants
		sum.Revokes += n.Revokes
	}
	return sum
}

// progress sums up how far the cells are.
func (c *cells) progress() workflows.Progress {
	p := workflows.Progress{
		States: map[workflows.CanaryState]int{}, Steps: map[workflows.Step]int{},
		Cells: len(c.order), CellsPlanned: c.count(isPlanned), CellsRested: c.count(isRested),
	}
	for _, cell := range c.order {
		r := c.report[cell]
		for _, state := range workflow.DeterministicKeys(r.States) {
			p.States[state] += r.States[state]
		}
		for _, step := range workflow.DeterministicKeys(r.Steps) {
			p.Steps[step] += r.Steps[step]
		}
		p.Held += r.Held
		if r.Problem != nil && len(p.CellProblems) < workflows.MaxCellProblems {
			p.CellProblems = append(p.CellProblems, *r.Problem)
		}
	}
	return p
}
