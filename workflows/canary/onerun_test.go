package canary

import (
	"testing"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// TestStartThatNobodySaw tells of a canary that may run only where it may.
func TestStartThatNobodySaw(t *testing.T) {
	refused := func(r workflows.Reason, operation string) error {
		return failure.Refuse(&workflows.Problem{Reason: r, Message: "no", Metadata: map[string]string{"operation": operation}})
	}
	for name, test := range map[string]struct {
		err  error
		told bool
	}{
		"it could not be seen after":       {refused(workflows.AccessDenied, "synthetics:GetCanary"), true},
		"its account can't be entered":     {refused(workflows.CellNotReachable, ""), true},
		"the start was denied":             {refused(workflows.AccessDenied, "synthetics:StartCanary"), false},
		"it is gone":                       {refused(workflows.CanaryGone, ""), false},
		"it is in a state of somebody's":   {refused(workflows.CanaryNotUpdatable, ""), false},
		"the story goes on in another run": {ErrHandedOn, false},
		"it is to be put back":             {ErrTurningBack, false},
	} {
		p := maybeStarted(workflows.Settings{Name: "checkout"}, test.err)
		if (p != nil) != test.told {
			t.Errorf("%s: %v", name, p)
		}
	}
}
