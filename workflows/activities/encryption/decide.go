package encryption

import (
	"cmp"
	"fmt"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
)

// decision is what to do about a canary: nothing more, wait, refuse, or (when none is set) act.
type decision struct {
	done    bool
	wait    string
	problem *workflows.Problem
}

// decide compares a canary with what was recorded of it and with what it is to have. A busy canary is waited for
// before anything is compared, because its settings may be about to change, or to be put back.
func decide(in workflows.UpdateInput, c types.Canary) decision {
	standing := canaries.StandingOf(c)
	now := canaries.Settings(c)
	has := canaries.Has(now, in.To, in.ToLocation)
	stopping := !in.Restore && !in.Stopped && !has && canaries.State(c) == types.CanaryStateStopping
	if standing == canaries.Busy && !stopping {
		return decision{wait: canaries.BusyMessage(c)}
	}
	if changed := canaries.Changed(expected(in, now, has), now); len(changed) > 0 {
		return decision{problem: canaries.Drifted(in.Recorded.Name, changed)}
	}
	if has {
		return decision{done: true}
	}
	if !in.Restore && !in.Stopped && isStopped(c) {
		return decision{problem: stopped(now)}
	}
	// An update may repair a canary in ERROR, and where rekey's own update brought it there, it is the way back.
	if standing == canaries.Settled || in.Restore && standing == canaries.Failed {
		return decision{}
	}
	return decision{problem: canaries.NotUpdatable(now)}
}

// expected is what the canary may be: as it was recorded; or, where it has what it is to have already or is to be put
// back, with what rekey itself may have changed. What it has besides is somebody else's, and not taken from it.
func expected(in workflows.UpdateInput, now workflows.Settings, has bool) workflows.Settings {
	recorded := in.Recorded
	switch {
	case has:
		recorded.From, recorded.Location = now.From, now.Location
	case in.Restore:
		recorded.From, recorded.Location = in.Given, in.GivenLocation
	}
	if in.Restore || has && in.NextRun {
		recorded.Visual = now.Visual
	}
	return recorded
}

// isStopped reports whether no run of the canary is to be expected: none could prove a change.
func isStopped(c types.Canary) bool {
	switch canaries.State(c) {
	case types.CanaryStateStopped, types.CanaryStateStopping, types.CanaryStateReady:
		return true
	default:
		return false
	}
}

func stopped(now workflows.Settings) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryStopped,
		Message:  fmt.Sprintf("Canary %s is %s since the plan was frozen: no run would prove a change, and rekey starts no canary.", now.Name, now.State),
		NextStep: "Start the canary, and migrate it again.",
		Metadata: map[string]string{"canary_name": now.Name, "canary_state": now.State},
	}
}

// request is the smallest UpdateCanary that changes what is to change. What it leaves out stays as it is; to send back
// what was read would lose what Synthetics does not tell, such as environment variables (RunConfig). A dry run is
// committed by its id alone: any other member beside it is refused (Synthetics API, UpdateCanary, DryRunId).
func request(in workflows.UpdateInput, now workflows.Settings) *synthetics.UpdateCanaryInput {
	request := &synthetics.UpdateCanaryInput{Name: awssdk.String(in.Recorded.Name)}
	if in.DryRunID != "" {
		request.DryRunId = awssdk.String(in.DryRunID)
		return request
	}
	if now.From != in.To {
		request.ArtifactConfig = canaries.Config(in.To)
	}
	if in.ToLocation != "" && canaries.Location(now.Location) != canaries.Location(in.ToLocation) {
		request.ArtifactS3Location = awssdk.String("s3://" + canaries.Location(in.ToLocation))
	}
	if in.NextRun {
		references := make([]workflows.VisualReference, 0, len(in.Recorded.Visual))
		for _, v := range in.Recorded.Visual {
			v.BaseRunID = "nextrun"
			references = append(references, v)
		}
		canaries.SetReferences(request, in.Recorded, references)
	}
	return request
}

// judge compares a canary with what an update was to give it. A patient one waits on where AWS has not said why
// the old settings are there.
func judge(in workflows.ConfirmInput, c types.Canary, patient bool) decision {
	now := canaries.Settings(c)
	if now.ID != in.ID {
		return decision{problem: aws.Gone(in.Name)}
	}
	standing := canaries.StandingOf(c)
	if standing == canaries.Busy {
		return decision{wait: canaries.BusyMessage(c)}
	}
	reason := stateReason(c)
	if canaries.Has(now, in.To, in.ToLocation) && (len(in.Visual) == 0 || canaries.SameBaseline(in.Visual, now.Visual)) {
		if standing == canaries.Settled {
			return decision{done: true}
		}
		return decision{problem: broken(now, cmp.Or(reason, "none given"))}
	}
	if standing == canaries.Settled && reason == "" && patient {
		return decision{wait: "the old settings are there, and AWS names no reason"}
	}
	return decision{problem: rolledBack(now, cmp.Or(reason, "none given"))}
}

// settleLook is how much of AWS's time old settings without a reason are taken for a late read.
const settleLook = 2 * time.Minute

// isPatient reports whether old settings without a reason may still be a late read. They may until settleLook after
// the canary's last change, of which a long update takes nothing because it is such a change. A late read tells an
// old date of that too; so as much time must have passed since the activity began to look.
func isPatient(in workflows.ConfirmInput, c types.Canary, answered time.Time, waited time.Duration) bool {
	if waited < in.Poll.Delay(settleLook) || c.Timeline == nil || c.Timeline.LastModified == nil {
		return true
	}
	return answered.Sub(*c.Timeline.LastModified) < settleLook
}

// broken is the problem of a canary that has the wanted settings and does not work with them.
func broken(now workflows.Settings, reason string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryNotUpdatable,
		Message:  fmt.Sprintf("AWS took the update and left the canary in %s: %s", now.State, reason),
		NextStep: "Mend what AWS names, bring the canary to RUNNING, and migrate it again.",
		Metadata: map[string]string{"canary_name": now.Name, "canary_state": now.State, "aws_reason": reason},
	}
}

func rolledBack(now workflows.Settings, reason string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.RolledBackByAWS,
		Message:  fmt.Sprintf("AWS accepted the update of canary %s and did not carry it out: %s (state %s).", now.Name, reason, now.State),
		NextStep: "Mend what AWS names (often a right of the canary's role or of the member role), and migrate it again.",
		Metadata: map[string]string{"canary_name": now.Name, "canary_state": now.State, "aws_reason": reason},
	}
}

// stateReason is why a canary is in its state: the text, or where there is none the code of a failure.
func stateReason(c types.Canary) string {
	if c.Status == nil {
		return ""
	}
	if text := awssdk.ToString(c.Status.StateReason); text != "" {
		return text
	}
	switch code := c.Status.StateReasonCode; code {
	case types.CanaryStateReasonCodeRollbackComplete, types.CanaryStateReasonCodeRollbackFailed,
		types.CanaryStateReasonCodeInvalidPermissions:
		return string(code)
	default:
		return ""
	}
}
