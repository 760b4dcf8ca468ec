package cell

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
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
			withAccess(t, workflows.CellInput{Spec: workflows.Spec{AccessSettle: settle}}, func(ctx workflow.Context, c *cell, a *access) {
				given := workflow.Now(ctx)
				if at := c.aged([]workflows.AccessChange{a.key}); !at.IsZero() {
					t.Errorf("not given yet: %s", at)
				}
				a.settle.Set(new(workflows.Effective), nil)
				for _, s := range test.seen {
					c.Saw(s.age, s.denied)
				}
				at := c.aged([]workflows.AccessChange{a.key, {RoleARN: "of an earlier run"}})
				if waits := at.Sub(given); test.want == 0 && !at.IsZero() || test.want > 0 && waits != test.want {
					t.Errorf("it waits until %s, %s after it was given, want %s", at, waits, test.want)
				}
			})
		})
	}
}

// TestAgedEndsForATurn has a canary wait for its access to be older: the wait ends when that is so, when the canary is to go back and
// when the cell hands on, and cells of before FormatAged don't wait.
func TestAgedEndsForATurn(t *testing.T) {
	const settle, young, soon = time.Minute, 20 * time.Second, 3 * time.Second
	for name, test := range map[string]struct {
		format int
		meets  func(*cell, *workflows.Canary)
		after  time.Duration
		want   error
	}{
		"it is old enough":         {workflows.FormatAged, func(*cell, *workflows.Canary) {}, young, nil},
		"others needed longer":     {workflows.FormatAged, func(c *cell, _ *workflows.Canary) { c.Saw(2*young, true) }, 2 * young, nil},
		"others needed less":       {workflows.FormatAged, func(c *cell, _ *workflows.Canary) { c.Saw(2*soon, false) }, young, nil},
		"the canary is to go back": {workflows.FormatAged, func(_ *cell, by *workflows.Canary) { by.TurnBack = true }, soon, canary.ErrTurningBack},
		"the cell hands on":        {workflows.FormatAged, func(c *cell, _ *workflows.Canary) { c.handingOn = true }, soon, canary.ErrHandedOn},
		"an older format":          {workflows.FormatApart, func(*cell, *workflows.Canary) {}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			in := workflows.CellInput{Format: test.format, Spec: workflows.Spec{AccessSettle: settle}}
			withAccess(t, in, func(ctx workflow.Context, c *cell, a *access) {
				by, given := new(workflows.Canary), workflow.Now(ctx)
				a.settle.Set(new(workflows.Effective), nil)
				c.Saw(young, true)
				workflow.Go(ctx, func(ctx workflow.Context) {
					if workflow.Sleep(ctx, soon) == nil {
						test.meets(c, by)
					}
				})
				err := c.Aged(ctx, by, []workflows.AccessChange{a.key})
				if after := workflow.Now(ctx).Sub(given); !errors.Is(err, test.want) || after != test.after {
					t.Errorf("it ended after %s with %v, want %s and %v", after, err, test.after, test.want)
				}
			})
		})
	}
}

// withAccess plays a cell that begins to give a role access, which takes as long to settle as the cell's spec says.
func withAccess(t *testing.T, in workflows.CellInput, play func(workflow.Context, *cell, *access)) {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		c := newCell(in)
		a, _ := c.accessOf(ctx, &workflows.AccessChange{Method: workflows.ByGrant, RoleARN: role})
		a.ready = workflow.Now(ctx).Add(in.Spec.AccessSettle)
		play(ctx, c, a)
		return nil
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
}
