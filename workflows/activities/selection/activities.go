// Package selection finds out which accounts and Regions a selection names: what lies below organizational units, and
// which Regions an account has enabled. It changes nothing.
package selection

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// Activities resolves selections.
type Activities struct {
	access *aws.Access
}

// New is a resolver that asks Organizations with the worker's own credentials, and enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access} }

// ResolveSelection answers the accounts of a selection, by id, each with its Regions. Accounts that are listed are among
// them whatever Organizations knows of them; those of organizational units, the root and the organization are if they are
// ACTIVE, and come with the units and the root above them, the nearest first. Excluded ones are left out in any case.
//
// An account that can't be asked for its Regions keeps its place, with the problem. A selection that comes to no account is
// an empty answer.
//
// It fails with SELECTION_NOT_RESOLVED when Organizations does not tell, and with SELECTION_TOO_LARGE when the selection
// comes to more than MaxCells.
func (a *Activities) ResolveSelection(ctx context.Context, in workflows.ResolveSelectionInput) (workflows.Selection, error) {
	below := &tree{api: organizations.NewFromConfig(a.access.Hub("organizations"))}
	if err := below.read(ctx, in); err != nil {
		return workflows.Selection{}, err
	}
	selection := workflows.Selection{Accounts: choose(in, below.members)}
	// Each account is at least one cell: too many of them are not asked for their Regions first.
	if p := tooLarge(max(len(selection.Accounts), selection.Count().Cells)); p != nil {
		return workflows.Selection{}, failure.Refuse(p)
	}
	if !in.EnabledRegions {
		return selection, nil
	}
	if err := a.findRegions(ctx, selection.Accounts, in.Regions); err != nil {
		return workflows.Selection{}, err
	}
	if p := tooLarge(selection.Count().Cells); p != nil {
		return workflows.Selection{}, failure.Refuse(p)
	}
	shorten(selection.Accounts)
	return selection, nil
}
