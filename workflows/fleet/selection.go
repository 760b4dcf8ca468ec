// Package fleet is the workflows of the live census: they read, by the workers' permissions, what the server may not read
// itself. They are short, change nothing, and end by themselves.
package fleet

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// Selection resolves a selection and holds its cells for the pages of a listing: it has ended when the first of them is
// asked for, and answers as long as its history is kept.
func Selection(ctx workflow.Context, in workflows.ResolveSelectionInput) error {
	var cells []workflows.FleetCell
	err := workflow.SetQueryHandler(ctx, workflows.SelectedQuery, func(f workflows.SelectedFilter) ([]workflows.FleetCell, error) {
		return f.Take(cells), nil
	})
	if err != nil {
		return err
	}
	cells, err = resolve(ctx, in)
	return err
}

// resolve finds out the cells of a selection, in their order.
func resolve(ctx workflow.Context, in workflows.ResolveSelectionInput) ([]workflows.FleetCell, error) {
	if cells, ok := in.Listed(); ok {
		return cells, nil
	}
	selection, err := call.Do[workflows.Selection](ctx, call.Glance, workflows.ResolveSelectionActivity, "resolve the selection", in)
	if err != nil {
		return nil, failure.Refuse(failure.Problem(err))
	}
	cells := selection.Cells()
	if len(cells) > workflows.MaxCells {
		return nil, failure.Refuse(tooLarge(len(cells)))
	}
	for i, c := range cells {
		if c.Problem != nil {
			cells[i].Problem = about(c.Cell, c.Problem)
		}
	}
	return cells, nil
}
