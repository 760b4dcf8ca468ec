package service

import (
	"slices"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// toCanary is a canary as the API shows it: what was planned, and how far the story has come. What only the story
// needs to go on (deadlines, the rest of the recorded settings) stays inside.
func toCanary(c workflows.Canary) *rekeyv1.Canary {
	return &rekeyv1.Canary{
		AccountId:        c.Cell.Account,
		Region:           c.Cell.Region,
		Name:             c.Recorded.Name,
		CanaryId:         c.Recorded.ID,
		RuntimeVersion:   c.Recorded.Runtime,
		RoleArn:          c.Recorded.RoleARN,
		ArtifactLocation: c.Recorded.Location,
		Visual:           c.Visual(),
		State:            toCanaryState(c.State),
		Step:             toStep(c.Step),
		From:             toEncryption(c.Recorded.From),
		To:               toEncryption(c.To),
		Grants:           toAccessChanges(identified(c.Grants, c.Granted)),
		Revokes:          toAccessChanges(c.Revokes),
		Proof:            toProof(c.Proof),
		Baseline:         toBaseline(c),
		OldAccess:        toOldAccess(c.OldAccess),
		Problem:          toProblem(c.Problem),
		UpdateTime:       instant(c.Updated),
		Withdrawn:        toAccessChanges(c.Withdrawn),

		Action:             toAction(c.Action),
		ToArtifactLocation: c.ToLocation,
		Proving:            toProving(c.Proving),
		Left:               toLeft(c.Left),
		Viewers:            toViewers(c.Viewers),
		Notices:            toProblems(c.Notices),
		Hold:               toProblem(c.Hold),
		SourceConfirmed:    c.Confirmed,
		RollBackUntil:      instant(c.RollBackUntil),
		DryRun:             toDryRun(c.DryRun),
		Wave:               optionalCount(c.Wave),
		Verdict:            toVerdict(c.Verdict()),
		StartTime:          instant(c.Begun),
		Excused:            c.Excused,
		Retries:            count(c.Retries),
	}
}

func toLeft(left []workflows.Left) []*rekeyv1.LeftAccess {
	list := make([]*rekeyv1.LeftAccess, len(left))
	for i, l := range left {
		list[i] = &rekeyv1.LeftAccess{Access: toAccessChange(l.Change), Because: l.Why}
	}
	return list
}

func toViewers(viewers []workflows.Viewer) []*rekeyv1.Viewer {
	list := make([]*rekeyv1.Viewer, len(viewers))
	for i, v := range viewers {
		list[i] = &rekeyv1.Viewer{PrincipalArn: v.PrincipalARN, How: v.How, CarriedOver: v.CarriedOver}
	}
	return list
}

func toProblems(problems []workflows.Problem) []*rekeyv1.Problem {
	list := make([]*rekeyv1.Problem, len(problems))
	for i, p := range problems {
		list[i] = toProblem(&p)
	}
	return list
}

func toDryRun(d *workflows.DryRun) *rekeyv1.DryRun {
	if d == nil {
		return nil
	}
	return &rekeyv1.DryRun{DryRunId: d.ID, StartTime: instant(d.Started), Runs: toRuns(d.Runs), Committed: d.Committed}
}

// toEncryption is an encryption on the wire; one without a mode is none.
func toEncryption(e workflows.Encryption) *rekeyv1.Encryption {
	if e.Mode == "" {
		return nil
	}
	return &rekeyv1.Encryption{Mode: toMode(e.Mode), KmsKeyArn: e.KeyARN}
}

// identified are the planned changes, with the ids of the grants that were created.
func identified(planned, granted []workflows.AccessChange) []workflows.AccessChange {
	list := make([]workflows.AccessChange, len(planned))
	for i, change := range planned {
		list[i] = change
		if j := slices.IndexFunc(granted, change.Same); j >= 0 {
			list[i].GrantID = granted[j].GrantID
		}
	}
	return list
}

func toAccessChanges(changes []workflows.AccessChange) []*rekeyv1.AccessChange {
	list := make([]*rekeyv1.AccessChange, len(changes))
	for i, change := range changes {
		list[i] = toAccessChange(change)
	}
	return list
}

func toAccessChange(c workflows.AccessChange) *rekeyv1.AccessChange {
	return &rekeyv1.AccessChange{
		Method:           toMethod(c.Method),
		PrincipalArn:     c.RoleARN,
		KmsKeyArn:        c.KeyARN,
		GrantName:        c.GrantName,
		GrantId:          c.GrantID,
		PolicyName:       c.PolicyName,
		Sid:              c.Sid,
		ArtifactLocation: c.Location,
		Foreign:          c.Foreign,
		DecryptOnly:      c.DecryptOnly,
		Because:          c.Why,
		Existed:          c.There,
	}
}

func toProof(p *workflows.Proof) *rekeyv1.Proof {
	if p == nil {
		return nil
	}
	return &rekeyv1.Proof{Runs: toRuns(p.Runs), Encryption: toEncryption(p.Encryption), Objects: count(p.Objects)}
}

func toRuns(runs []workflows.Run) []*rekeyv1.ProvenRun {
	list := make([]*rekeyv1.ProvenRun, len(runs))
	for i, run := range runs {
		list[i] = &rekeyv1.ProvenRun{
			RunId: run.ID, Browser: run.Browser, StartTime: instant(run.Started), Passed: run.Passed(),
		}
	}
	return list
}

// toBaseline is what became of a canary's baseline. A new one carries the ignore areas of the old one over, so
// they are counted on the recorded settings.
func toBaseline(c workflows.Canary) *rekeyv1.Baseline {
	if c.Baseline == nil {
		return nil
	}
	ignoring := 0
	for _, reference := range c.Recorded.Visual {
		for _, screenshot := range reference.Screenshots {
			if len(screenshot.Ignore) > 0 {
				ignoring++
			}
		}
	}
	return &rekeyv1.Baseline{
		State: toBaselineState(c.Baseline.State), Runs: toRuns(c.Baseline.Runs), ScreenshotsWithIgnoreAreas: count(ignoring),
	}
}

func toOldAccess(a *workflows.OldAccess) *rekeyv1.OldAccess {
	if a == nil {
		return nil
	}
	return &rekeyv1.OldAccess{
		State: toOldAccessState(a.State), Revoked: toAccessChanges(a.Revoked), HeldBecause: toProblem(a.Held),
	}
}
