package planning

import (
	"fmt"
	"strings"
	"time"

	"rekey/workflows"
	"rekey/workflows/nextstep"
	"rekey/workflows/schedule"
)

// proving decides how the new settings are proven.
func (d *draft) proving() {
	if d.Action == workflows.RevokeOnly {
		return
	}
	if resting := d.resting(); resting != nil {
		d.provingAtRest(resting)
		return
	}
	switch {
	case d.dryRuns() && d.Policies.DryRun != workflows.DryRunNever:
		d.Proving = workflows.ByDryRun
	case d.Policies.DryRun == workflows.DryRunRequired:
		d.Problem = d.noDryRun("the policy requires a dry run")
	default:
		d.Proving = workflows.ByRun
	}
}

func (d *draft) dryRuns() bool { return nextstep.DryRuns(d.Recorded) }

// provingAtRest decides about a canary that would not run by itself in time. Where a dry run is required it is the proof,
// in the place of a run that rekey starts or of none.
func (d *draft) provingAtRest(resting *workflows.Problem) {
	if d.Policies.DryRun == workflows.DryRunRequired && d.Policies.AtRest != workflows.AtRestSkip {
		d.Proving = workflows.ByDryOnly
		if !d.dryRuns() {
			d.Proving, d.Problem = "", d.noDryRun("the policy requires a dry run")
		}
		return
	}
	switch d.Policies.AtRest {
	case workflows.AtRestDryRun:
		if d.Policies.DryRun == workflows.DryRunNever || !d.dryRuns() {
			d.Problem = resting
			d.Problem.Message += fmt.Sprintf(" Its runtime %s takes no dry run that could prove a change, or the policy allows none.", d.Recorded.Runtime)
			return
		}
		d.Proving = workflows.ByDryOnly
	case workflows.AtRestRunOnce:
		d.Proving = workflows.ByOneRun
		if resting.Reason == workflows.NextRunTooFar {
			d.Problem = resting // it runs: a start is refused, and it is never stopped to be started
		}
	case workflows.AtRestUnverified:
		d.Proving = workflows.Unproven
	default: // workflows.AtRestSkip
		d.Problem = resting
	}
}

// resting is why no run of the canary is to be expected before the run deadline; nil when one is.
func (d *draft) resting() *workflows.Problem {
	s := d.Recorded
	parsed, understood := parsed(s)
	switch {
	case understood && parsed.Once():
		return &workflows.Problem{
			Reason:   workflows.RunsOnce,
			Message:  fmt.Sprintf("Canary %s runs once when it is started: no run would follow an update.", s.Name),
			NextStep: otherPolicies,
			Metadata: map[string]string{"schedule": s.Schedule},
		}
	case nextstep.Stopped(s):
		return &workflows.Problem{
			Reason:   workflows.CanaryStopped,
			Message:  fmt.Sprintf("Canary %s is %s: no run would follow an update.", s.Name, s.State),
			NextStep: otherPolicies,
			Metadata: map[string]string{"canary_state": s.State},
		}
	case !understood || !strings.HasPrefix(s.Schedule, "cron("):
		return nil // a schedule that is not understood is waited for
	}
	next, ever := parsed.Next(d.Census.Dated)
	if ever && next.Sub(d.Census.Dated) <= d.RunDeadline {
		return nil
	}
	when := "never again"
	if ever {
		when = next.UTC().Format(time.RFC3339)
	}
	return &workflows.Problem{
		Reason:   workflows.NextRunTooFar,
		Message:  fmt.Sprintf("The next run of canary %s is due %s, after the run deadline of %s.", s.Name, when, d.RunDeadline),
		NextStep: otherPolicies,
		Metadata: map[string]string{"schedule": s.Schedule, "next_run": when},
	}
}

func parsed(s workflows.Settings) (schedule.Schedule, bool) {
	p, err := schedule.Parse(s.Schedule)
	return p, err == nil
}

const otherPolicies = "Start the canary or change its schedule, or choose another policy for canaries at rest (a dry run, one run, or an update without a proof); then create the migration anew."

func (d *draft) noDryRun(why string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.RuntimeWithoutDryRun,
		Message:  fmt.Sprintf("Canary %s on %s takes no dry run, and %s.", d.Recorded.Name, d.Recorded.Runtime, why),
		NextStep: "Move the canary to a runtime with dry runs, or allow an update without one by policy.",
		Metadata: map[string]string{"runtime_version": d.Recorded.Runtime},
	}
}
