package registry

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/gate"
)

// editPoll is when an edit of a key's policy is asked for again: writing one takes a few calls of AWS, in real time.
const editPoll = time.Second

// EditKeyPolicy lets the key's owner edit its policy, and answers since when the policy has been as wanted. Until then it
// ends with NotYet. It ends with the problem that the owner found: POLICY_FULL, KEY_POLICY_CONFLICT, ACCESS_DENIED, …
//
// Where the owner was kept from it by a pause, it ends with PAUSED for as long as that goes on.
//
// A key's policy takes effect almost immediately (KMS Developer Guide, concepts), but AWS names no figure, so the
// settling time is waited here too.
func (a *Activities) EditKeyPolicy(ctx context.Context, in workflows.KeyEdit) (workflows.Effective, error) {
	info := activity.GetInfo(ctx)
	id := fmt.Sprintf("%s/%s/%d", info.WorkflowExecution.RunID, info.ActivityID, info.Attempt)
	state, err := a.keys.Edit(ctx, id, in)
	switch {
	case err != nil:
		return workflows.Effective{}, err
	case state.Problem != nil && state.Problem.Reason == workflows.Paused:
		return workflows.Effective{}, heldBack(ctx)
	case state.Problem != nil:
		return workflows.Effective{}, failure.Refuse(state.Problem)
	case !state.Done:
		return workflows.Effective{}, failure.Wait("the key's policy is being edited", editPoll)
	}
	effective := workflows.Effective{Change: in.Change, Since: state.Since}
	if in.Present && !in.Change.There {
		effective.Rest = in.Settle
	}
	return effective, nil
}

// heldBack ends an attempt whose edit a pause kept from being made. What the owner was told may be over, or have been
// another migration's pause, if that asked for the same edit first: then the edit is asked for again.
func heldBack(ctx context.Context) error {
	if err := gate.Ask(ctx); err != nil {
		return err
	}
	return failure.Wait("a pause kept the key's policy from being edited", editPoll)
}
