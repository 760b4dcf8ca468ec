package judge

import (
	"strings"

	"rekey/awssim/fleet"
	"rekey/awssim/verdict"
	"rekey/durable/faults/play"
	rekeyv1 "rekey/gen/rekey/v1"
)

// runs looks at the verdict of the simulated AWS: runs that were lost, that failed because of the migration, or that differ
// from a baseline which has lost its ignore areas.
func (j *Judge) runs() {
	for _, o := range j.verdict.Outcomes {
		for _, g := range o.Gaps {
			j.breaks(RunLost, o.ARN, "%d runs between %s and %s", g.Lost, g.From.Format(clock), g.Until.Format(clock))
		}
		var caused, varied []verdict.Failure
		for _, f := range o.Failures {
			switch {
			case f.Caused && !j.unseen(o.ARN, f.Unusable):
				caused = append(caused, f)
			case f.Why == "variance":
				varied = append(varied, f)
			}
		}
		if len(caused) > 0 {
			f := caused[0]
			j.breaks(RunFailed, o.ARN, "%d runs, the first at %s: refused its %s %s", len(caused), f.Started.Format(clock), f.Refused, f.Unusable)
		}
		if len(varied) > 0 {
			j.breaks(BaselineLost, o.ARN, "%d runs differ from the baseline, the first at %s", len(varied), varied[0].Started.Format(clock))
		}
	}
}

// clock shows a simulated time of day.
const clock = "15:04:05"

// stranded looks at what was taken from a canary's role at any instant, whether or not a run met it.
func (j *Judge) stranded() {
	for _, f := range j.stage.Sim.Stranded() {
		if strings.HasSuffix(f.By, ":role/"+fleet.MemberRole) && !j.isGone(f.Role) && !j.unseen(f.Canary, f.Encryption.KeyARN) {
			j.breaks(PermissionLost, f.Canary, "%s %s %s%s by %s at %s", f.For, f.Run, f.Encryption.KeyARN, f.Key, f.Entry.Action, f.Time.Format(clock))
		}
	}
}

// isGone reports whether a role was deleted: nothing can be taken from it, nor given to it.
func (j *Judge) isGone(role string) bool {
	_, ok := j.stage.Sim.World.IAM.Role(role)
	return !ok
}

// outcomes looks for canaries and migrations without an end.
func (j *Judge) outcomes() {
	for i, m := range j.play.Migrations {
		if m == nil {
			j.breaks(NoRest, "", "migration %s", play.Letter(i))
		}
	}
	for _, t := range j.told {
		if c := t.canary; !hasOutcome(c) {
			j.breaks(NoOutcome, t.arn(), "in migration %s it is %s in step %s, %v", play.Letter(t.migration), c.GetState(), c.GetStep(), c.GetProblem())
		}
	}
}

// hasOutcome reports whether a canary ended as the plan had it, or in another state with the reason.
func hasOutcome(c *rekeyv1.Canary) bool {
	switch c.GetState() {
	case rekeyv1.CanaryState_CANARY_STATE_MIGRATED:
		held := c.GetOldAccess().GetState() == rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD
		return !held || c.GetOldAccess().GetHeldBecause().GetReason() != 0
	case rekeyv1.CanaryState_CANARY_STATE_SKIPPED, rekeyv1.CanaryState_CANARY_STATE_BLOCKED,
		rekeyv1.CanaryState_CANARY_STATE_FAILED, rekeyv1.CanaryState_CANARY_STATE_RETURNED,
		rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED, rekeyv1.CanaryState_CANARY_STATE_CANCELLED:
		return c.GetProblem().GetReason() != 0
	default:
		return false
	}
}
