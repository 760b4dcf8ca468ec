package evidence

import (
	"rekey/workflows"
)

// Cell is what a migration's evidence tells of a cell.
func Cell(migration string, o workflows.CellOutcome) workflows.CellEvidence {
	e := workflows.CellEvidence{
		Version: workflows.EvidenceVersion, Kind: "cell", MigrationID: migration, Account: o.Cell.Account, Region: o.Cell.Region,
		Digest: o.Digest, Problem: o.Problem, Canaries: make([]workflows.CanaryEvidence, 0, len(o.Canaries)),
	}
	for _, c := range o.Canaries {
		e.Canaries = append(e.Canaries, Canary(c))
	}
	return e
}

// Canary is what a migration's evidence tells of a canary.
func Canary(c workflows.Canary) workflows.CanaryEvidence {
	return workflows.CanaryEvidence{
		Name: c.Recorded.Name, ID: c.Recorded.ID, Action: c.Action, Proving: c.Proving, Outcome: c.State, Step: c.Step,
		Verdict: c.Verdict(), Problem: c.Problem, Notices: c.Notices, Wave: c.Wave, Retries: c.Retries, Excused: c.Excused,
		BeginTime: c.Begun, UpdateTime: c.Updated,
		Before: before(c.Recorded), Target: target(c), After: after(c),
		Proof: proof(c.Proof), DryRun: dryRun(c.DryRun), Baseline: baseline(c), Access: access(c), Viewers: c.Viewers,
	}
}

func settings(e workflows.Encryption, location string) workflows.CanarySettings {
	return workflows.CanarySettings{Mode: e.Mode, KeyARN: e.KeyARN, Location: location}
}

func before(s workflows.Settings) workflows.CanaryBefore {
	return workflows.CanaryBefore{
		CanarySettings: settings(s.From, s.Location), BucketRegion: s.BucketRegion, State: s.State, Runtime: s.Runtime,
		RoleARN: s.RoleARN, Schedule: s.Schedule, Browsers: s.Browsers, EnvironmentKeyARN: s.EnvironmentKeyARN,
		PrimaryRegion: s.PrimaryRegion, ReplicaRegions: s.Replicas, ManagedBy: s.ManagedBy,
	}
}

func target(c workflows.Canary) *workflows.CanarySettings {
	if c.Action == workflows.NoAction {
		return nil
	}
	s := settings(c.To, c.ToLocation)
	return &s
}

// after is what the last update that was seen settled gave the canary. While the settings are being put back it is not
// known which are in force.
func after(c workflows.Canary) *workflows.CanaryAfter {
	if c.Settled.IsZero() {
		return nil
	}
	isBack := c.State == workflows.Returned || c.Step == workflows.ReturnRunStep || c.Step == workflows.ReturnBaselineStep
	switch {
	case isBack:
		return &workflows.CanaryAfter{CanarySettings: settings(c.Recorded.From, c.Recorded.Location), ConfirmTime: c.Settled}
	case c.Step == workflows.ReturnStep:
		return nil
	}
	return &workflows.CanaryAfter{CanarySettings: settings(c.To, c.ToLocation), ConfirmTime: c.Settled}
}

func proof(p *workflows.Proof) *workflows.ProofEvidence {
	if p == nil {
		return nil
	}
	return &workflows.ProofEvidence{Mode: p.Encryption.Mode, KeyARN: p.Encryption.KeyARN, Objects: p.Objects, Runs: p.Runs}
}

func dryRun(d *workflows.DryRun) *workflows.DryRunEvidence {
	if d == nil {
		return nil
	}
	return &workflows.DryRunEvidence{ID: d.ID, StartTime: d.Started, Committed: d.Committed, Runs: d.Runs}
}

func baseline(c workflows.Canary) *workflows.BaselineEvidence {
	if !c.Visual() {
		return nil
	}
	e := &workflows.BaselineEvidence{
		Before: c.Recorded.Visual, BeforeTime: c.Recorded.BaselineAt, RollBackUntil: c.RollBackUntil,
	}
	if c.Baseline != nil {
		e.State, e.Runs, e.NextRun, e.Named = c.Baseline.State, c.Baseline.Runs, c.Baseline.NextRun, c.Baseline.Named
	}
	return e
}
