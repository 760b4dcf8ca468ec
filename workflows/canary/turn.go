package canary

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// awaitTurn waits until the edit is to be made, and reports whether the canary turned back before anything was asked for:
// there is nothing to put back then.
func (s *story) awaitTurn(ctx workflow.Context) (back bool, err error) {
	s.turn, err = s.cell.Turn(ctx, s.Canary)
	if errors.Is(err, ErrTurningBack) && !s.Asked {
		s.TurnBack = false
		s.rest(ctx, workflows.Returned, s.rolledBack())
		return true, nil
	}
	s.Asked = s.Asked || err == nil
	return false, err
}
