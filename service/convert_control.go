package service

import (
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// fromPart is a part of the API. Nothing is everything.
func fromPart(p *rekeyv1.Part) workflows.Part {
	switch part := p.GetPart().(type) {
	case *rekeyv1.Part_Wave:
		return workflows.Part{Wave: new(int(part.Wave))}
	case *rekeyv1.Part_Cell:
		return workflows.Part{Cell: &workflows.Cell{Account: part.Cell.GetAccountId(), Region: part.Cell.GetRegion()}}
	case *rekeyv1.Part_Canary:
		return workflows.Part{
			Cell:   &workflows.Cell{Account: part.Canary.GetAccountId(), Region: part.Canary.GetRegion()},
			Canary: part.Canary.GetCanaryName(),
		}
	}
	return workflows.Part{}
}

// toPart is a part on the wire. Everything is none.
func toPart(p workflows.Part) *rekeyv1.Part {
	switch {
	case p.Wave != nil:
		return &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: count(*p.Wave)}}
	case p.Cell != nil && p.Canary != "":
		return &rekeyv1.Part{Part: &rekeyv1.Part_Canary{Canary: toCanaryName(*p.Cell, p.Canary)}}
	case p.Cell != nil:
		return &rekeyv1.Part{Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: p.Cell.Account, Region: p.Cell.Region}}}
	}
	return nil
}

func toCanaryName(cell workflows.Cell, name string) *rekeyv1.CanaryName {
	return &rekeyv1.CanaryName{AccountId: cell.Account, Region: cell.Region, CanaryName: name}
}

// toCaller is a caller on the wire; rekey itself, and who did not say, is none.
func toCaller(c workflows.Caller) *rekeyv1.Caller {
	if c == (workflows.Caller{}) {
		return nil
	}
	return &rekeyv1.Caller{Name: c.Name, Verified: c.Verified}
}

func toApproval(a *workflows.Approval) *rekeyv1.Approval {
	if a == nil {
		return nil
	}
	return &rekeyv1.Approval{
		PlanDigest: a.Digest, Comment: a.Comment, ApproveTime: instant(a.Time), Approver: toCaller(a.By), ExpireTime: instant(a.Expires),
	}
}

func toApprovals(approvals []workflows.Approval) []*rekeyv1.Approval {
	var list []*rekeyv1.Approval
	for _, approval := range approvals {
		list = append(list, toApproval(&approval))
	}
	return list
}

func toPauses(pauses []workflows.Pause) []*rekeyv1.Pause {
	var list []*rekeyv1.Pause
	for _, p := range pauses {
		list = append(list, &rekeyv1.Pause{
			Part: toPart(p.Part), Cause: toPauseCause(p.Cause), Reason: p.Reason, Caller: toCaller(p.By), PauseTime: instant(p.Time),
		})
	}
	return list
}

func toControls(controls []workflows.Control) []*rekeyv1.ControlRecord {
	var list []*rekeyv1.ControlRecord
	for _, c := range controls {
		list = append(list, &rekeyv1.ControlRecord{
			Verb: toVerb(c.Verb), Caller: toCaller(c.By), Time: instant(c.Time), FromState: string(c.From), Part: toPart(c.Part),
			Detail: c.Detail,
		})
	}
	return list
}
