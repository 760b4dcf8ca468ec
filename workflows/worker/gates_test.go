package worker

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"rekey/workflows"
	"rekey/workflows/gate"
)

// noted is a gate that notes who asks.
type noted struct {
	asked [][]workflows.Subject
}

func (n *noted) Ask(_ context.Context, subjects []workflows.Subject) error {
	n.asked = append(n.asked, subjects)
	return nil
}

// TestActivitiesAskOnBehalfOfTheirSubjects runs activities that ask as a change of AWS does.
func TestActivitiesAskOnBehalfOfTheirSubjects(t *testing.T) {
	one := workflows.Subject{Migration: "m-1", Wave: 2, Canary: "checkout"}
	two := workflows.Subject{Migration: "m-2"}
	for name, test := range map[string]struct {
		activity any
		in       any
		want     [][]workflows.Subject
	}{
		"a change for one": {
			func(ctx context.Context, _ workflows.UpdateInput) error { return gate.Ask(ctx) },
			workflows.UpdateInput{By: one}, [][]workflows.Subject{{one}},
		},
		"a change for several": {
			func(ctx context.Context, _ workflows.KeyPolicyInput) error { return gate.Ask(ctx) },
			workflows.KeyPolicyInput{Edits: []workflows.KeyEdit{{By: one}, {By: two}}}, [][]workflows.Subject{{one, two}},
		},
		"a look": {
			func(ctx context.Context, _ workflows.ConfirmInput) error { return gate.Ask(ctx) },
			workflows.ConfirmInput{}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := &noted{}
			env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
			env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{Gates(n)}})
			env.RegisterActivityWithOptions(test.activity, activity.RegisterOptions{Name: "activity"})
			if _, err := env.ExecuteActivity("activity", test.in); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, n.asked); diff != "" {
				t.Errorf("asked on behalf of (-want +got):\n%s", diff)
			}
		})
	}
}
