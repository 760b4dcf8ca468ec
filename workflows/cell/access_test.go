package cell

import (
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// TestAgedLearnsFromDryRuns has dry runs be denied and pass with access of some ages: others wait for as long as the oldest that
// was denied, never longer than access takes to settle, and less and less while all pass.
func TestAgedLearnsFromDryRuns(t *testing.T) {
	const settle = time.Minute
	type seen struct {
		age    time.Duration
		denied bool
	}
	for name, test := range map[string]struct {
		seen []seen
		want time.Duration
	}{
		"nothing was denied":         {[]seen{{time.Second, false}}, 0},
		"the oldest counts":          {[]seen{{8 * time.Second, true}, {3 * time.Second, true}}, 8 * time.Second},
		"what settles is old enough": {[]seen{{time.Hour, true}}, settle},
		"one passed":                 {[]seen{{32 * time.Second, true}, {40 * time.Second, false}}, 31 * time.Second},
		"a younger one passed":       {[]seen{{32 * time.Second, true}, {2 * time.Second, false}}, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				c := newCell(workflows.CellInput{Spec: workflows.Spec{AccessSettle: settle}})
				change := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: role}
				a, _ := c.accessOf(ctx, &change)
				given := workflow.Now(ctx)
				a.ready = given.Add(settle)
				if at := c.Aged([]workflows.AccessChange{change}); !at.IsZero() {
					t.Errorf("not given yet: %s", at)
				}
				a.settle.Set(new(workflows.Effective), nil)
				for _, s := range test.seen {
					c.Saw(s.age, s.denied)
				}
				at := c.Aged([]workflows.AccessChange{change, {RoleARN: "of an earlier run"}})
				if waits := at.Sub(given); test.want == 0 && !at.IsZero() || test.want > 0 && waits != test.want {
					t.Errorf("it waits until %s, %s after it was given, want %s", at, waits, test.want)
				}
				return nil
			})
			if err := env.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
