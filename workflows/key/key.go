// Package key is the workflow that owns the policy of one key: it folds the edits of all migrations into as few writes
// as can be, one after another, because KMS has no lock on a policy.
package key

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// Bounds of one run.
const (
	// idle is how long an owner that has nothing to do stays, for those who ask how their edit is.
	idle = time.Minute
	// maxUpdates is when a run hands on: a run takes 2,000 updates (Temporal limits).
	maxUpdates = 1000
)

// Workflow is the owner of a key's policy.
func Workflow(ctx workflow.Context, in workflows.KeyInput) error {
	o := &owner{key: in.KeyARN, done: map[workflows.AccessChange]result{}}
	if in.Resume != nil {
		o.waiting = in.Resume.Waiting
	}
	if err := workflow.SetUpdateHandler(ctx, workflows.EditUpdate, o.edit); err != nil {
		return err
	}
	for {
		busy, err := workflow.AwaitWithTimeout(ctx, idle, func() bool { return len(o.waiting) > 0 || o.full(ctx) })
		switch {
		case err != nil:
			return err
		case o.full(ctx):
			if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
				return err
			}
			return workflow.NewContinueAsNewError(ctx, workflows.KeyWorkflow,
				workflows.KeyInput{KeyARN: in.KeyARN, Resume: &workflows.KeyResume{Waiting: o.waiting}})
		case busy:
			o.write(ctx)
		case workflow.AllHandlersFinished(ctx):
			return nil
		}
	}
}

// owner is the state of the workflow. Results are kept for a run: who asks again after that has the edit looked at anew,
// which changes nothing.
type owner struct {
	key     string
	waiting []workflows.KeyEdit
	writing []workflows.KeyEdit
	done    map[workflows.AccessChange]result
	updates int
}

// result is what became of an edit.
type result struct {
	present bool
	state   workflows.KeyEditState
}

func (o *owner) full(ctx workflow.Context) bool {
	return len(o.writing) == 0 && (o.updates >= maxUpdates || workflow.GetInfo(ctx).GetContinueAsNewSuggested())
}

// edit takes an edit, or answers how far it is. It answers at once. A result is told once: who asks for the same edit
// later, when others may have edited, has it looked at again.
func (o *owner) edit(_ workflow.Context, in workflows.KeyEdit) (workflows.KeyEditState, error) {
	o.updates++
	same := func(e workflows.KeyEdit) bool { return subject(e) == subject(in) && e.Present == in.Present }
	if slices.ContainsFunc(o.waiting, same) || slices.ContainsFunc(o.writing, same) {
		return workflows.KeyEditState{}, nil
	}
	if r, ok := o.done[subject(in)]; ok && r.present == in.Present {
		delete(o.done, subject(in))
		return r.state, nil
	}
	o.waiting = append(o.waiting, in)
	return workflows.KeyEditState{}, nil
}

// subject is what an edit is about, whatever else is known of it.
func subject(e workflows.KeyEdit) workflows.AccessChange {
	return workflows.AccessChange{
		Method: e.Change.Method, RoleARN: e.Change.RoleARN, KeyARN: e.Change.KeyARN, Sid: e.Change.Sid,
	}
}

// write carries out all edits that wait, in one write of the policy.
func (o *owner) write(ctx workflow.Context) {
	o.writing, o.waiting = o.waiting, nil
	written, err := call.Do[workflows.KeyPolicyResult](ctx, call.Change, workflows.WriteKeyPolicyActivity, "write the key's policy",
		workflows.KeyPolicyInput{KeyARN: o.key, Edits: o.writing})
	for i, e := range o.writing {
		state := workflows.KeyEditState{Done: true, Since: written.Dated}
		switch {
		case err != nil:
			state = workflows.KeyEditState{Problem: failure.Problem(err)}
		case written.Problems[i] != nil:
			state = workflows.KeyEditState{Problem: written.Problems[i]}
		}
		o.done[subject(e)] = result{present: e.Present, state: state}
	}
	o.writing = nil
}
