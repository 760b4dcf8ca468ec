package clienttest

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// The migrations of the samples, by the state that they are in at first.
const (
	Approval = "m-000000000000approval" // waits for approval
	Running  = "m-0000000000000running" // in its second wave, with failures, a pause of a cell and held access
	Paused   = "m-00000000000000paused" // a budget is used up
	Baking   = "m-00000000000000baking" // its first wave bakes
	Done     = "m-0000000000000000done" // succeeded
	Failed   = "m-00000000000000failed" // failed
	Gone     = "m-0000000000000000gone" // not there
)

// Digest is the digest of the samples' plan.
const Digest = "9be1a2f30c4d5e6f718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"

// began is when everything of the samples began.
var began = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// At is a time of the samples: so many minutes after they began.
func At(minutes int) *timestamppb.Timestamp {
	return timestamppb.New(began.Add(time.Duration(minutes) * time.Minute))
}

func minutes(least, most int) *rekeyv1.TimeRange {
	return &rekeyv1.TimeRange{
		Least: durationpb.New(time.Duration(least) * time.Minute), Most: durationpb.New(time.Duration(most) * time.Minute),
	}
}

func caller(name string, verified bool) *rekeyv1.Caller {
	return &rekeyv1.Caller{Name: name, Verified: verified}
}

// Migration is a sample in a state.
func Migration(id string) *rekeyv1.Migration {
	m := planned(id)
	switch id {
	case Running:
		return running(m)
	case Paused:
		return paused(running(m))
	case Baking:
		return baking(running(m))
	case Done:
		return ended(m, rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED)
	case Failed:
		return failed(m)
	}
	return m
}

// planned is a migration whose plan waits for approval.
func planned(id string) *rekeyv1.Migration {
	return &rekeyv1.Migration{
		Id: id, State: rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL,
		Spec: &rekeyv1.MigrationSpec{DisplayName: "artifacts-2026"}, CreateTime: At(0), Creator: caller("alice", false),
		Plan: &rekeyv1.Plan{
			Digest: Digest, Canaries: 1020, ToMigrate: 1000, Skipped: 15, Blocked: 5, Grants: 320, Revokes: 290, FreezeTime: At(2), DryRuns: 640,
			Held: 12, LosingViewers: 3, RevokeOnly: 20, Number: 1,
			Forecast: &rekeyv1.Forecast{
				Calls: []*rekeyv1.CallCount{
					{Action: "kms:CreateGrant", Count: 320}, {Action: "synthetics:GetCanary", Count: 9200}, {Action: "synthetics:UpdateCanary", Count: 980},
				},
				ExtraRuns: 1620, ExtraRunCostUsd: 1.944, Duration: minutes(120, 400),
				LosingViewers: []*rekeyv1.LosingViewer{{PrincipalArn: "arn:aws:iam::111100000001:role/auditor", Canaries: 3}},
			},
		},
		Progress: &rekeyv1.Progress{
			States: []*rekeyv1.StateCount{
				{State: rekeyv1.CanaryState_CANARY_STATE_PENDING, Count: 1000},
				{State: rekeyv1.CanaryState_CANARY_STATE_SKIPPED, Count: 15}, {State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, Count: 5},
			},
			Cells: 40, CellsPlanned: 40,
		},
		Selected: &rekeyv1.Selected{Accounts: 20, Regions: 2, Cells: 40},
		Budget:   &rekeyv1.BudgetState{Allowed: proto.Int32(20)},
		Waves: []*rekeyv1.Wave{
			{Title: "one of each kind", State: rekeyv1.WaveState_WAVE_STATE_PENDING, Canaries: 8, Cells: 6, Forecast: minutes(30, 60), Budget: &rekeyv1.BudgetState{Allowed: proto.Int32(0)}},
			{Number: 1, Title: "10 %", State: rekeyv1.WaveState_WAVE_STATE_PENDING, Canaries: 100, Cells: 31, Forecast: minutes(30, 90), Budget: &rekeyv1.BudgetState{Allowed: proto.Int32(5)}},
			{Number: 2, Title: "the rest", State: rekeyv1.WaveState_WAVE_STATE_PENDING, Canaries: 892, Cells: 40, Forecast: minutes(60, 250)},
		},
	}
}

func running(m *rekeyv1.Migration) *rekeyv1.Migration {
	m.State, m.UpdateTime = rekeyv1.MigrationState_MIGRATION_STATE_RUNNING, At(50)
	m.Approval = &rekeyv1.Approval{PlanDigest: Digest, Comment: "read twice", ApproveTime: At(10), Approver: caller("uri:spiffe://corp/bob", true), ExpireTime: At(10090)}
	m.Approvals = []*rekeyv1.Approval{m.GetApproval()}
	m.Progress = &rekeyv1.Progress{
		States: []*rekeyv1.StateCount{
			{State: rekeyv1.CanaryState_CANARY_STATE_PENDING, Count: 939}, {State: rekeyv1.CanaryState_CANARY_STATE_MIGRATING, Count: 5},
			{State: rekeyv1.CanaryState_CANARY_STATE_MIGRATED, Count: 53}, {State: rekeyv1.CanaryState_CANARY_STATE_SKIPPED, Count: 15},
			{State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, Count: 5}, {State: rekeyv1.CanaryState_CANARY_STATE_FAILED, Count: 3},
		},
		Steps: []*rekeyv1.StepCount{{Step: rekeyv1.CanaryStep_CANARY_STEP_UPDATE, Count: 1}, {Step: rekeyv1.CanaryStep_CANARY_STEP_RUN, Count: 4}},
		Held:  2, Cells: 40, CellsPlanned: 40, CellsRested: 9,
	}
	m.Budget = &rekeyv1.BudgetState{Allowed: proto.Int32(20), Failed: 2, Excused: 1, InFlight: 5}
	m.Waves[0].State, m.Waves[0].Rested, m.Waves[0].StartTime, m.Waves[0].BakeStartTime, m.Waves[0].EndTime = rekeyv1.WaveState_WAVE_STATE_JUDGED, 8, At(10), At(30), At(40)
	m.Waves[0].Judgement = &rekeyv1.Judgement{
		Verdict: rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON, Reason: "no failure is charged",
		Migrated: &rekeyv1.RunShare{Canaries: 8}, Control: &rekeyv1.RunShare{Canaries: 210, Failed: 2},
	}
	m.Waves[1].State, m.Waves[1].Rested, m.Waves[1].StartTime = rekeyv1.WaveState_WAVE_STATE_RUNNING, 48, At(40)
	m.Waves[1].Budget = &rekeyv1.BudgetState{Allowed: proto.Int32(5), Failed: 2, Excused: 1, InFlight: 5}
	m.Pauses = []*rekeyv1.Pause{{
		Part: &rekeyv1.Part{Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: Shop, Region: "eu-west-1"}}}, Cause: rekeyv1.PauseCause_PAUSE_CAUSE_OPERATOR,
		Reason: "their change freeze", Caller: caller("uri:spiffe://corp/bob", true), PauseTime: At(45),
	}}
	m.Controls = []*rekeyv1.ControlRecord{
		record(0, rekeyv1.ControlVerb_CONTROL_VERB_CREATE, "alice", "", nil, ""),
		record(10, rekeyv1.ControlVerb_CONTROL_VERB_APPROVE, "bob", "AWAITING_APPROVAL", nil, "read twice"),
		record(45, rekeyv1.ControlVerb_CONTROL_VERB_PAUSE, "bob", "RUNNING", m.GetPauses()[0].GetPart(), "their change freeze"),
	}
	m.RollBackUntil = At(44640)
	return m
}

func record(minute int, verb rekeyv1.ControlVerb, who, from string, part *rekeyv1.Part, detail string) *rekeyv1.ControlRecord {
	return &rekeyv1.ControlRecord{Verb: verb, Caller: caller(who, false), Time: At(minute), FromState: from, Part: part, Detail: detail}
}

func paused(m *rekeyv1.Migration) *rekeyv1.Migration {
	m.State, m.StateReason = rekeyv1.MigrationState_MIGRATION_STATE_PAUSED, "the failure budget of wave 1 is used up: 6 of 5"
	m.Waves[1].Budget = &rekeyv1.BudgetState{Allowed: proto.Int32(5), Failed: 6}
	m.Waves[1].Judgement = &rekeyv1.Judgement{Verdict: rekeyv1.WaveVerdict_WAVE_VERDICT_STOP, Reason: "6 failures, 5 are borne"}
	m.Pauses = []*rekeyv1.Pause{{Cause: rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET, Reason: "the failure budget of wave 1 is used up", PauseTime: At(49)}}
	return m
}

func baking(m *rekeyv1.Migration) *rekeyv1.Migration {
	m.Pauses, m.Waves[1] = nil, planned(m.GetId()).GetWaves()[1]
	m.Waves[0].State, m.Waves[0].EndTime, m.Waves[0].Judgement = rekeyv1.WaveState_WAVE_STATE_BAKING, nil, nil
	return m
}

func ended(m *rekeyv1.Migration, state rekeyv1.MigrationState) *rekeyv1.Migration {
	m.State, m.EndTime, m.Waves, m.Budget = state, At(90), nil, nil
	m.Plan = &rekeyv1.Plan{Digest: Digest, Canaries: 4, ToMigrate: 3, Blocked: 1, Grants: 3, Revokes: 2, FreezeTime: At(2), Number: 1}
	m.Progress = &rekeyv1.Progress{
		States: []*rekeyv1.StateCount{{State: rekeyv1.CanaryState_CANARY_STATE_MIGRATED, Count: 3}, {State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, Count: 1}},
		Held:   1, Cells: 3, CellsPlanned: 3, CellsRested: 3,
	}
	m.Selected = &rekeyv1.Selected{Accounts: 2, Regions: 2, Cells: 3}
	return m
}

func failed(m *rekeyv1.Migration) *rekeyv1.Migration {
	m = ended(m, rekeyv1.MigrationState_MIGRATION_STATE_FAILED)
	m.StateReason = "no cell could be planned"
	m.Plan, m.Progress.CellsPlanned, m.Progress.States = nil, 0, nil
	m.Progress.CellProblems = []*rekeyv1.Problem{{
		Reason: rekeyv1.ErrorReason_ERROR_REASON_CELL_NOT_REACHABLE, Message: "The role of account 111100000001 can't be assumed.",
		NextStep: "Give the account the member role of deploy/.", Metadata: map[string]string{"account_id": Shop, "region": "us-east-1", "aws_code": "AccessDenied"},
	}}
	return m
}
