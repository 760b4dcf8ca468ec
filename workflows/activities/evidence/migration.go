package evidence

import (
	"rekey/workflows"
)

// Migration is what a migration's evidence tells of it.
func Migration(v workflows.MigrationView) workflows.MigrationEvidence {
	e := workflows.MigrationEvidence{
		Version: workflows.EvidenceVersion, Kind: "migration", MigrationID: v.ID, DisplayName: v.Spec.DisplayName,
		ValidateOnly: v.ValidateOnly, State: v.State, StateReason: v.RestReason, CreateTime: v.Created, Creator: caller(v.By),
		EndTime: v.Ended, RollBackUntil: v.RollBackUntil, Request: request(v.Spec), Plan: plan(v.Plan), Budget: v.Budget,
		Selected: v.Selected, Outcomes: v.Progress.States, Held: v.Progress.Held, CellProblems: v.Progress.CellProblems,
		Approvals: []workflows.EvidenceApproval{}, Controls: []workflows.EvidenceControl{},
		Waves: []workflows.EvidenceWave{},
	}
	if e.Outcomes == nil {
		e.Outcomes = map[workflows.CanaryState]int{}
	}
	for _, a := range approvals(v) {
		e.Approvals = append(e.Approvals, workflows.EvidenceApproval{By: caller(a.By), Time: a.Time, Digest: a.Digest, Comment: a.Comment})
	}
	for _, c := range v.Controls {
		e.Controls = append(e.Controls, workflows.EvidenceControl{
			Verb: c.Verb, By: caller(c.By), Time: c.Time, From: c.From, Part: c.Part.String(), Detail: c.Detail,
		})
	}
	for _, w := range v.Waves {
		e.Waves = append(e.Waves, wave(w))
	}
	return e
}

// approvals are those of the plan that ran. Of a migration that was begun before there could be several, the one.
func approvals(v workflows.MigrationView) []workflows.Approval {
	if len(v.Approvals) == 0 && v.Approval != nil {
		return []workflows.Approval{*v.Approval}
	}
	return v.Approvals
}

func caller(c workflows.Caller) workflows.EvidenceCaller { return workflows.EvidenceCaller(c) }

func plan(p *workflows.Plan) *workflows.EvidencePlan {
	if p == nil {
		return nil
	}
	return &workflows.EvidencePlan{
		Digest: p.Digest, Number: max(p.Number, 1), FreezeTime: p.Frozen, Counts: p.Counts,
		ForecastCalls: p.Forecast.Calls, ForecastExtraRuns: p.Forecast.ExtraRuns,
	}
}

func wave(w workflows.Wave) workflows.EvidenceWave {
	return workflows.EvidenceWave{
		Number: w.Number, Title: w.Title, State: w.State, Canaries: w.Canaries, Cells: w.Cells, BeginTime: w.Begun,
		BakeTime: w.BakeBegun, EndTime: w.Ended, Budget: w.Budget, Judgement: w.Judgement,
	}
}

func request(s workflows.Spec) workflows.EvidenceRequest {
	r := workflows.EvidenceRequest{
		Accounts: s.Accounts, Regions: s.Regions, OUs: s.OUs, Organization: s.Organization, Excluded: s.Excluded,
		EnabledRegions: s.EnabledRegions, NamePatterns: s.NamePatterns, Canaries: s.Canaries, Target: s.Target,
		MaxConcurrent: s.MaxConcurrent, AccessSettleSeconds: s.AccessSettle.Seconds(), RunDeadlineSeconds: s.RunDeadline.Seconds(),
		RevokeWatchSeconds: s.Policies.RevokeWatch.Seconds(), AccessPolicy: s.Policies.Access, DryRunPolicy: s.Policies.DryRun,
		BaselinePolicy: s.Policies.Baseline, AtRestPolicy: s.Policies.AtRest, ViewerPolicy: s.Policies.Viewers,
		CarryOver: s.Policies.CarryOver, RemoveForeign: s.Policies.RemoveForeign, RetiredKeyARNs: s.Policies.RetiredKeyARNs,
		RequiredApprovals: 1,
	}
	if s.Approval != nil {
		r.RequiredApprovals, r.ExcludeCreator = s.Approval.Required, s.Approval.ExcludeCreator
	}
	return r
}
