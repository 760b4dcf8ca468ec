package planning

import (
	"fmt"
	"time"

	"rekey/workflows"
)

// notice adds what the plan has to say about a canary that is migrated all the same.
func (d *draft) notice() {
	d.RollBackUntil = d.rollBackUntil()
	for _, p := range []*workflows.Problem{
		d.recreated(), d.managed(), d.environment(), d.unrestorable(), d.endsStopped(), d.loss(d.lost()), d.wider(),
		d.writeFacts().Notice,
	} {
		if p != nil {
			d.Notices = append(d.Notices, *p)
		}
	}
}

func (d *draft) recreated() *workflows.Problem {
	if !d.roleFacts().Recreated {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.RoleRecreated,
		Message:  fmt.Sprintf("Role %s was made anew after access had been given to an earlier role of its name.", d.Recorded.RoleARN),
		NextStep: "Nothing to do: access of before counts for nothing, and new access is given.",
		Metadata: map[string]string{"role_arn": d.Recorded.RoleARN},
	}
}

// environment warns of a canary whose environment variables go on needing the old key.
func (d *draft) environment() *workflows.Problem {
	key := d.Recorded.EnvironmentKeyARN
	if key == "" || key != d.Recorded.From.KeyARN || d.To == d.Recorded.From {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.EnvironmentKey,
		Message:  fmt.Sprintf("The environment variables of canary %s are encrypted with the old key, so its role goes on needing it.", d.Recorded.Name),
		NextStep: "Give the environment variables another key; the old access is held until then.",
		Metadata: map[string]string{"kms_key_arn": key},
	}
}

// baselineDays is for how long a run can be named as the baseline (Synthetics API, VisualReferenceInput).
const baselineDays = 31

// rollBackUntil is until when the recorded baseline can be put back: as long as its run is kept and may be named.
func (d *draft) rollBackUntil() time.Time {
	if !d.Visual() || d.Recorded.BaselineAt.IsZero() {
		return time.Time{}
	}
	days := baselineDays
	if kept := d.Recorded.RetentionDays; kept > 0 {
		days = min(days, kept)
	}
	return d.Recorded.BaselineAt.AddDate(0, 0, days)
}

func (d *draft) unrestorable() *workflows.Problem {
	if !d.Visual() || d.Action == workflows.RevokeOnly || d.RollBackUntil.After(d.Census.Dated) {
		return nil
	}
	until := "its run is not to be found"
	if !d.RollBackUntil.IsZero() {
		until = d.RollBackUntil.UTC().Format(time.RFC3339)
	}
	return &workflows.Problem{
		Reason:   workflows.BaselineNotRestorable,
		Message:  fmt.Sprintf("The baseline of canary %s can't be named again (%s): a roll back sets a fresh one under the old key.", d.Recorded.Name, until),
		NextStep: "Nothing to do; or set a baseline from a recent run before the migration.",
		Metadata: map[string]string{"roll_back_until": until},
	}
}

func (d *draft) endsStopped() *workflows.Problem {
	if d.Proving != workflows.ByOneRun || d.Recorded.State != "READY" {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.WillEndStopped,
		Message:  fmt.Sprintf("Canary %s is READY, will be started for one run, and ends STOPPED.", d.Recorded.Name),
		NextStep: "Nothing to do; or choose another policy for canaries at rest.",
		Metadata: map[string]string{"canary_state": d.Recorded.State},
	}
}

func (d *draft) wider() *workflows.Problem {
	if len(d.Left) == 0 {
		return nil
	}
	first := d.Left[0]
	return &workflows.Problem{
		Reason:   workflows.WiderAccess,
		Message:  fmt.Sprintf("Old access of %s stays, among it: %s.", d.Recorded.RoleARN, first.Why),
		NextStep: "Remove it by hand when nobody needs it any more.",
		Metadata: map[string]string{"access": first.Why},
	}
}
