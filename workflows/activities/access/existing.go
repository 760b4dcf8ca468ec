package access

import (
	"context"
	"fmt"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// existing is access that others own: it is only verified.
type existing struct {
	a      *Activities
	cell   workflows.Cell
	change workflows.AccessChange
}

func (e *existing) look(ctx context.Context) (found, bool, error) {
	how, err := e.a.effective(ctx, e.cell, e.change.Pair())
	if err != nil || how == "" {
		return found{}, false, err
	}
	return found{change: e.change}, true, nil
}

func (e *existing) give(context.Context) error {
	return failure.Refuse(&workflows.Problem{
		Reason:   workflows.AccessNotFound,
		Message:  fmt.Sprintf("Role %s can't use key %s any more, as it could when the plan was made.", e.change.RoleARN, e.change.KeyARN),
		NextStep: "Let whoever owns the permissions give it back, and migrate again.",
		Metadata: map[string]string{"role_arn": e.change.RoleARN, "kms_key_arn": e.change.KeyARN},
	})
}
