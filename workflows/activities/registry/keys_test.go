package registry

import (
	"context"
	"errors"
	"testing"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/gate"
)

// heldEdits are owners of keys' policies that a pause kept from editing.
type heldEdits struct{}

func (heldEdits) Edit(context.Context, string, workflows.KeyEdit) (workflows.KeyEditState, error) {
	return workflows.KeyEditState{Problem: &workflows.Problem{Reason: workflows.Paused}}, nil
}

// answers is a migration's gate, or why there is no answer.
type answers struct {
	gate workflows.Gate
	err  error
}

func (a answers) Gate(context.Context, string) (workflows.Gate, error) { return a.gate, a.err }

// TestHeldEdits tells an edit's caller that a pause kept it from being made: what that means is up to the caller's own
// migration by then.
func TestHeldEdits(t *testing.T) {
	by := workflows.Subject{Migration: "m-1"}
	again := func(err error) bool {
		problem, again := failure.Own(err)
		return again && problem.Reason == workflows.Internal && !failure.IsWait(err)
	}
	for name, test := range map[string]struct {
		gate answers
		want func(error) bool
	}{
		"its own, and it goes on":       {answers{gate: workflows.Gate{Parts: []workflows.Part{{}}}}, failure.IsPause},
		"over, or another migration's":  {answers{}, failure.IsWait},
		"its migration does not answer": {answers{err: errors.New("no answer")}, again},
	} {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
			env.SetWorkerOptions(worker.Options{
				BackgroundActivityContext: gate.With(t.Context(), gate.New(test.gate), []workflows.Subject{by}),
			})
			a := New(&fake{}, heldEdits{})
			env.RegisterActivity(a.EditKeyPolicy)
			if _, err := env.ExecuteActivity(a.EditKeyPolicy, workflows.KeyEdit{By: by}); !test.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}
