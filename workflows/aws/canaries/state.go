package canaries

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
)

// Standing is whether a canary takes an update.
type Standing int

// The standings.
const (
	// Settled canaries take an update: RUNNING, READY and STOPPED.
	Settled Standing = iota
	// Busy canaries will be settled by themselves: they are CREATING, STARTING, STOPPING or UPDATING, or their
	// replicas are being brought up to date ("no modification while ReplicationState is InProgress", CloudWatch
	// User Guide, Managing multilocation canaries).
	Busy
	// Failed canaries are in ERROR. AWS takes an update of them, and it may repair them; a migration does not
	// count on it.
	Failed
	// Closed canaries are DELETING, or in a state that rekey does not know.
	Closed
)

// State is a canary's state as Synthetics tells it.
func State(c types.Canary) types.CanaryState {
	if c.Status == nil {
		return ""
	}
	return c.Status.State
}

// StandingOf is whether a canary takes an update now.
func StandingOf(c types.Canary) Standing {
	if m := c.MultiLocationConfig; m != nil && m.ReplicationState == types.ReplicationStateInProgress {
		return Busy
	}
	switch State(c) {
	case types.CanaryStateRunning, types.CanaryStateReady, types.CanaryStateStopped:
		return Settled
	case types.CanaryStateCreating, types.CanaryStateStarting, types.CanaryStateStopping, types.CanaryStateUpdating:
		return Busy
	case types.CanaryStateError:
		return Failed
	default:
		return Closed
	}
}

// BusyMessage says what a busy canary is waited for.
func BusyMessage(c types.Canary) string {
	if m := c.MultiLocationConfig; m != nil && m.ReplicationState == types.ReplicationStateInProgress {
		return "the canary's replicas are being brought up to date"
	}
	return fmt.Sprintf("the canary is %s", State(c))
}

// NotUpdatable is the problem of a canary that takes no update in its state.
func NotUpdatable(now workflows.Settings) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryNotUpdatable,
		Message:  fmt.Sprintf("Canary %s is in state %s and can't be updated.", now.Name, now.State),
		NextStep: "Bring the canary to RUNNING, and migrate it again.",
		Metadata: map[string]string{"canary_name": now.Name, "canary_state": now.State},
	}
}

// Drifted is the problem of a canary that is no longer as it was recorded.
func Drifted(name string, changed []string) *workflows.Problem {
	list := strings.Join(changed, ", ")
	return &workflows.Problem{
		Reason:   workflows.CanaryChanged,
		Message:  fmt.Sprintf("Canary %s is not as the plan froze it: %s changed.", name, list),
		NextStep: "Find out who changed it, and create a migration with a plan of how it is now.",
		Metadata: map[string]string{"canary_name": name, "changed": list},
	}
}
