package migration

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// cells is what the migration knows of its cells, in the order of Spec.Cells.
type cells struct {
	order  []workflows.Cell
	report map[workflows.Cell]*workflows.CellReport
	// inOrder are the reports in the order of the cells: what is counted with every report of a large fleet looks none up.
	inOrder []*workflows.CellReport
	started int
	// reviewed is how many reviews a cell is to have made before the migration concludes.
	reviewed map[workflows.Cell]int
	// returning says that the canaries are to be put back.
	returning bool
	// selected are the accounts that the selection was resolved to; empty where the spec lists them.
	selected []workflows.SelectedAccount
	// closed are cells that can't be entered, as was found out when the selection was resolved: they have no workflow.
	closed map[workflows.Cell]bool
}

func newCells(order []workflows.Cell) *cells {
	c := &cells{order: order, report: map[workflows.Cell]*workflows.CellReport{}, reviewed: map[workflows.Cell]int{}, closed: map[workflows.Cell]bool{}}
	for _, cell := range order {
		report := &workflows.CellReport{Cell: cell, Phase: workflows.CellPlanning}
		c.report[cell], c.inOrder = report, append(c.inOrder, report)
	}
	return c
}

func (c *cells) resume(r *workflows.MigrationResume) {
	c.started = r.Started
	for _, report := range r.Cells {
		c.take(report)
	}
	for _, cell := range r.Reviewing {
		c.reviewed[cell.Cell] = cell.Reviews
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

// lose notes that a cell's workflow, of which more was expected, has ended without the migration's order. Its canaries that
// were in flight are charged: nobody knows how they ended.
func (c *cells) lose(cell workflows.Cell) {
	r := c.report[cell]
	r.Phase, r.Reviews = workflows.CellResting, max(r.Reviews, c.reviewed[cell])
	for i := range r.Waves {
		w := &r.Waves[i]
		charged := min(r.InFlight, max(w.Canaries-w.Rested-w.Waiting, 0))
		w.Failed += charged
		r.InFlight -= charged
	}
	r.Classes, r.InFlight = nil, 0
	r.Problem = &workflows.Problem{
		Reason:   workflows.CellNotReachable,
		Message:  fmt.Sprintf("The workflow of account %s in %s is gone; somebody terminated it.", cell.Account, cell.Region),
		NextStep: "Look at its history in Temporal for what it had done, and create a new migration for the cell.",
		Metadata: map[string]string{"account_id": cell.Account, "region": cell.Region, "aws_code": ""},
	}
}

// reviewing are the reviews that are asked of cells, in their order.
func (c *cells) reviewing() []workflows.Reviewing {
	var list []workflows.Reviewing
	for _, cell := range c.order {
		if n := c.reviewed[cell]; n > 0 {
			list = append(list, workflows.Reviewing{Cell: cell, Reviews: n})
		}
	}
	return list
}

// reports are the cells' last reports, in their order.
func (c *cells) reports() []workflows.CellReport {
	list := make([]workflows.CellReport, len(c.inOrder))
	for i, r := range c.inOrder {
		list[i] = *r
	}
	return list
}

func (c *cells) count(is func(*workflows.CellReport) bool) int {
	n := 0
	for _, r := range c.inOrder {
		if is(r) {
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

// expectReviews asks one more review of each cell that holds access: what was in the way may be gone.
func (c *cells) expectReviews() {
	for _, r := range c.inOrder {
		if r.Held+r.Left > 0 {
			c.reviewed[r.Cell] = r.Reviews + 1
		}
	}
}

// unreviewed reports whether a cell is to review what it holds.
func (c *cells) unreviewed(r *workflows.CellReport) bool { return r.Reviews < c.reviewed[r.Cell] }

// late reports whether more is expected of a cell.
func (c *cells) late(r *workflows.CellReport) bool {
	return r.Phase != workflows.CellResting || c.unreviewed(r) || c.unreturned(r)
}

func (c *cells) allReviewed() bool {
	return c.count(c.unreviewed) == 0
}

// plan sums up what the cells froze.
func (c *cells) plan() workflows.PlanCount {
	var sum workflows.PlanCount
	for _, r := range c.inOrder {
		n := r.Plan
		sum.Canaries += n.Canaries
		sum.ToMigrate += n.ToMigrate
		sum.Skipped += n.Skipped
		sum.Blocked += n.Blocked
		sum.Grants += n.Grants
		sum.Revokes += n.Revokes
		sum.RevokeOnly += n.RevokeOnly
		sum.DryRuns += n.DryRuns
		sum.Held += n.Held
		sum.LosingViewers += n.LosingViewers
	}
	return sum
}

// done is how many canaries came to the end that the plan had for them.
func (c *cells) done() int {
	n := 0
	for _, r := range c.inOrder {
		n += r.Done
	}
	return n
}

// notReturned is how many canaries could not be put back.
func (c *cells) notReturned() int {
	n := 0
	for _, r := range c.inOrder {
		n += r.NotReturned
	}
	return n
}

// expectReturns asks every cell that could be planned to put its canaries back.
func (c *cells) expectReturns() { c.returning = true }

// unreturned reports whether a cell has yet to put its canaries back.
func (c *cells) unreturned(r *workflows.CellReport) bool {
	return c.returning && r.Problem == nil && (!r.Returned || r.Phase != workflows.CellResting)
}

func (c *cells) allReturned() bool { return c.count(c.unreturned) == 0 }

// progress sums up how far the cells are.
func (c *cells) progress() workflows.Progress {
	p := workflows.Progress{
		States: map[workflows.CanaryState]int{}, Steps: map[workflows.Step]int{},
		Cells: len(c.order), CellsPlanned: c.count(isPlanned), CellsRested: c.count(isRested),
	}
	for _, r := range c.inOrder {
		for _, state := range workflow.DeterministicKeys(r.States) {
			p.States[state] += r.States[state]
		}
		for _, step := range workflow.DeterministicKeys(r.Steps) {
			p.Steps[step] += r.Steps[step]
		}
		p.Held += r.Held
		p.ByHand += r.ByHand
		if r.Problem != nil && len(p.CellProblems) < workflows.MaxCellProblems {
			p.CellProblems = append(p.CellProblems, *r.Problem)
		}
	}
	return p
}
