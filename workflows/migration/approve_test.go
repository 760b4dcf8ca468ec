package migration

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// TestApprovalsExpire gives approvals at times of a clock that is skipped: nobody can wait for days.
func TestApprovalsExpire(t *testing.T) {
	type approval struct {
		after time.Duration // since the one before
		by    string
	}
	cases := map[string]struct {
		reason string
		given  []approval
		counts []string
		runs   bool
	}{
		"in time":     {"Both count when the last comes.", []approval{{0, "ann"}, {59 * time.Minute, "ben"}}, []string{"ann", "ben"}, true},
		"too late":    {"The first has expired by then.", []approval{{0, "ann"}, {time.Hour, "ben"}}, []string{"ben"}, false},
		"given again": {"It counts from then on.", []approval{{0, "ann"}, {time.Hour, "ben"}, {time.Minute, "ann"}}, []string{"ben", "ann"}, true},
		"renewed": {
			"The same person twice is one person, whose approval counts longer.",
			[]approval{{0, "ann"}, {50 * time.Minute, "ann"}, {50 * time.Minute, "ben"}}, []string{"ann", "ben"}, true,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := in(workflows.AwaitingApproval)
			m.view.Spec.Approval = &workflows.ApprovalPolicy{Required: 2, ValidFor: time.Hour}
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				for _, a := range c.given {
					if err := workflow.Sleep(ctx, a.after); err != nil {
						return err
					}
					if _, err := m.approve(ctx, workflows.Approval{Digest: digest, By: workflows.Caller{Name: a.by, Verified: true}}); err != nil {
						return err
					}
				}
				return nil
			})
			if err := env.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
			var counts []string
			for _, a := range m.view.Approvals {
				counts = append(counts, a.By.Name)
			}
			if diff := cmp.Diff(c.counts, counts); diff != "" || (m.view.State == workflows.Running) != c.runs {
				t.Errorf("%s It is %s; approvals that count (-want +got):\n%s", c.reason, m.view.State, diff)
			}
		})
	}
}
