package cell

import (
	"context"
	"log/slog"
	"testing"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// TestNothingIsChargedBeforeItIsCompared: a budget of none would pause the migration for an outage, and stay so.
func TestNothingIsChargedBeforeItIsCompared(t *testing.T) {
	cases := map[string]struct {
		control workflows.RunShare
		want    bool
	}{
		"an outage": {workflows.RunShare{Canaries: 4, Failed: 4}, false},
		"harm":      {workflows.RunShare{Canaries: 4}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			suite := &testsuite.WorkflowTestSuite{}
			suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
			env := suite.NewTestWorkflowEnvironment()
			env.RegisterActivityWithOptions(func(context.Context, workflows.CompareInput) (workflows.Comparison, error) {
				return workflows.Comparison{Migrated: workflows.RunShare{Canaries: 1, Failed: 1}, Control: c.control}, nil
			}, activity.RegisterOptions{Name: workflows.CompareActivity})
			early, charges := false, false
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				cell := newCell(workflows.CellInput{
					Format: workflows.FormatRollout, Spec: workflows.Spec{Rollout: workflows.Rollout{Budget: &workflows.Budget{Count: new(0)}}},
				})
				cell.canaries = []workflows.Canary{{
					State: workflows.Unverified, Wave: new(0), Begun: workflow.Now(ctx), Problem: &workflows.Problem{Reason: workflows.NotProvenInTime},
				}}
				failed := func() bool {
					cell.countWaves()
					return cell.report.Waves[0].Failed > 0
				}
				weighing, weighed := false, false
				workflow.Go(ctx, func(ctx workflow.Context) {
					weighing, cell.telling[0] = true, true
					cell.weigh(ctx, &cell.canaries[0])
					weighed, cell.telling = true, nil
				})
				err := workflow.Await(ctx, func() bool {
					early = early || weighing && !weighed && failed()
					return weighed
				})
				charges = failed()
				return err
			})
			if err := env.GetWorkflowError(); err != nil || early || charges != c.want {
				t.Errorf("charged early %t, and then %t, want %t; %v", early, charges, c.want, err)
			}
		})
	}
}
