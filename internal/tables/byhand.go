package tables

import (
	"slices"

	rekeyv1 "rekey/gen/rekey/v1"
)

// ByHand are the reasons that ask somebody to act by hand, and at once.
func ByHand() []rekeyv1.ErrorReason {
	return []rekeyv1.ErrorReason{
		rekeyv1.ErrorReason_ERROR_REASON_ACCESS_NOT_RESTORED, rekeyv1.ErrorReason_ERROR_REASON_CANARY_LEFT_RUNNING,
	}
}

// ToDo is what somebody has to do about a canary by hand; nil when that is nothing.
func ToDo(c *rekeyv1.Canary) *rekeyv1.Problem {
	told := append([]*rekeyv1.Problem{c.GetOldAccess().GetHeldBecause(), c.GetHold(), c.GetProblem()}, c.GetNotices()...)
	if i := slices.IndexFunc(told, func(p *rekeyv1.Problem) bool { return slices.Contains(ByHand(), p.GetReason()) }); i >= 0 {
		return told[i]
	}
	return nil
}
