package fleet

import (
	"fmt"
	"maps"
	"strconv"

	"rekey/workflows"
	"rekey/workflows/failure"
)

func tooLarge(cells int) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.SelectionTooLarge,
		Message:  fmt.Sprintf("The selection comes to %d cells (account and Region), more than %d.", cells, workflows.MaxCells),
		NextStep: "Select fewer accounts or Regions at a time.",
		Metadata: map[string]string{"cells": strconv.Itoa(cells)},
	}
}

// unread is why a cell could not be read. What carries no reason, a look that took too long, is told as such.
func unread(cell workflows.Cell, err error) *workflows.Problem {
	problem := failure.Problem(err)
	if problem.Reason != workflows.Internal || !failure.IsWait(err) {
		return about(cell, problem)
	}
	return late(cell)
}

func late(cell workflows.Cell) *workflows.Problem {
	return about(cell, &workflows.Problem{
		Reason:   workflows.CellNotReachable,
		Message:  fmt.Sprintf("Account %s in %s could not be read in time.", cell.Account, cell.Region),
		NextStep: "Ask again, for fewer cells at a time; see that workers run, and that AWS does not throttle them.",
		Metadata: map[string]string{"aws_code": "none"},
	})
}

// about adds to a problem which cell it is about.
func about(cell workflows.Cell, p *workflows.Problem) *workflows.Problem {
	told := *p
	told.Metadata = map[string]string{"account_id": cell.Account, "region": cell.Region}
	maps.Copy(told.Metadata, p.Metadata)
	return &told
}
