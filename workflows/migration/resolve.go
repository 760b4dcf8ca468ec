package migration

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// resolve finds out which cells the spec selects, where it does not list them.
func (m *migration) resolve(ctx workflow.Context) error {
	if m.in.Format == 0 {
		return nil
	}
	if len(m.cells.order) == 0 && m.in.Spec.Unresolved() {
		spec := m.in.Spec
		selection, err := call.Do[workflows.Selection](ctx, call.Read, workflows.ResolveSelectionActivity, "resolve the selection",
			workflows.ResolveSelectionInput{
				Accounts: spec.Accounts, OUs: spec.OUs, Organization: spec.Organization, Excluded: spec.Excluded,
				Regions: spec.Regions, EnabledRegions: spec.EnabledRegions,
			})
		if err != nil {
			p := failure.Problem(err)
			return m.enter(ctx, workflows.Failed, fmt.Sprintf("%s: %s %s", p.Reason, p.Message, p.NextStep))
		}
		m.cells = selectedCells(selection.Accounts)
		m.helm.told = slices.Repeat(untold, len(m.cells.order))
		if len(m.cells.order) == 0 {
			return m.enter(ctx, workflows.Failed, "The selection has no account with a Region that can be entered.")
		}
	}
	m.view.Selected = m.cells.size()
	m.changed(ctx)
	return nil
}

// size is what the selection came to.
func (c *cells) size() workflows.Selected {
	regions := map[string]bool{}
	for _, cell := range c.order {
		regions[cell.Region] = true
	}
	return workflows.Selected{Accounts: len(c.accounts()), Regions: len(regions), Cells: len(c.order)}
}

// ousOf is what lies above a cell's account, where that was asked for.
func (m *migration) ousOf(cell workflows.Cell) []string { return m.cells.ous(cell.Account) }
