package report

import (
	"fmt"
	"hash/crc32"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// sample is a made-up migration: what a report can look like, with every outcome in it. The same numbers give the same
// migration.
type sample struct {
	accounts, regions, perCell int
	// calm leaves out what went wrong: every canary is migrated, nothing is held.
	calm bool
}

var (
	sampleRegions = []string{
		"eu-west-1", "us-east-1", "ap-southeast-2", "eu-central-1", "us-west-2", "ap-northeast-1", "sa-east-1", "ca-central-1",
		"eu-north-1", "ap-south-1",
	}
	sampleNames = []string{"checkout", "login", "search", "basket", "invoice", "status", "signup", "catalog"}
	sampleBegin = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
)

func after(minutes float64) *timestamppb.Timestamp {
	return timestamppb.New(sampleBegin.Add(time.Duration(minutes * float64(time.Minute))))
}

// canaries are in the order in which the API lists them.
func (s sample) canaries() []*rekeyv1.Canary {
	var list []*rekeyv1.Canary
	for a := range s.accounts {
		for r := range s.regions {
			for i := range s.size(a, r) {
				list = append(list, s.canary(a, r, i))
			}
		}
	}
	sortCanaries(list)
	return list
}

// size leaves some cells empty, as fleets have them.
func (s sample) size(a, r int) int {
	if !s.calm && (a*3+r*5)%11 == 7 {
		return 0
	}
	return s.perCell
}

// outcomeAt gives most cells no trouble, and the others one each.
func (s sample) outcomeAt(a, r, i int) outcome {
	if s.calm || i%4 != 1 {
		return migrated
	}
	return []outcome{migrated, failed, migrated, held, migrated, unverified, migrated, returned, blocked, skipped, migrating, pending, cancelled}[(a*5+r*3)%13]
}

func (s sample) canary(a, r, i int) *rekeyv1.Canary {
	region, account := sampleRegions[r%len(sampleRegions)], fmt.Sprintf("1111%08d", a+1)
	n := (a*s.regions+r)*s.perCell + i
	name := fmt.Sprintf("%s-%d", sampleNames[i%len(sampleNames)], i+1)
	c := &rekeyv1.Canary{
		AccountId: account, Region: region, Name: name, CanaryId: fmt.Sprintf("c%07d-0000-4000-8000-000000000000", n),
		RuntimeVersion: "syn-nodejs-puppeteer-9.1", RoleArn: "arn:aws:iam::" + account + ":role/canaries/" + name,
		ArtifactLocation: "artifacts-" + account + "-" + region + "/" + name, Visual: i%3 == 0,
		From: kms(region, account, 0xa), To: kms(region, "900000000002", 0x9), Action: rekeyv1.CanaryAction_CANARY_ACTION_MIGRATE,
		Proving: rekeyv1.Proving_PROVING_RUN, Wave: new(int32(min(n%10, 2))), //nolint:gosec // a small number
		StartTime: after(float64(n%s.perCell) + 3*float64(a) + 2), UpdateTime: after(float64(n%s.perCell) + 3*float64(a) + 9 + float64(n%17)),
	}
	c.ToArtifactLocation = c.GetArtifactLocation()
	c.Grants = []*rekeyv1.AccessChange{grant(c, c.GetTo(), n)}
	c.Revokes = []*rekeyv1.AccessChange{grant(c, c.GetFrom(), n)}
	s.settle(c, s.outcomeAt(a, r, i), n)
	return c
}

// settle tells what became of a canary.
func (s sample) settle(c *rekeyv1.Canary, o outcome, n int) {
	c.State, c.Step = sampleStates[o], rekeyv1.CanaryStep_CANARY_STEP_REVOKE
	c.Problem = sampleProblems[o]
	switch o {
	case migrated, held:
		prove(c, n)
		if o == held {
			c.OldAccess = &rekeyv1.OldAccess{State: rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD, HeldBecause: c.GetProblem()}
			c.Problem = nil
		}
	case pending, blocked, skipped, cancelled:
		c.StartTime, c.Step, c.Grants, c.Revokes = nil, 0, nil, nil
	case returned:
		c.Verdict, c.Step, c.Withdrawn = rekeyv1.Verdict_VERDICT_DENIED, rekeyv1.CanaryStep_CANARY_STEP_RETURN_RUN, c.GetGrants()
	case unverified:
		c.Verdict, c.Step = rekeyv1.Verdict_VERDICT_INCONCLUSIVE, rekeyv1.CanaryStep_CANARY_STEP_RUN
	default:
		c.Step = rekeyv1.CanaryStep_CANARY_STEP_UPDATE
	}
}

func prove(c *rekeyv1.Canary, n int) {
	run := &rekeyv1.ProvenRun{RunId: fmt.Sprintf("f%07d-0000-4000-8000-00000000000f", n), StartTime: c.GetUpdateTime(), Passed: true}
	c.Verdict, c.Proof = rekeyv1.Verdict_VERDICT_PROVEN, &rekeyv1.Proof{Runs: []*rekeyv1.ProvenRun{run}, Encryption: c.GetTo(), Objects: 4}
	if c.GetVisual() {
		c.Baseline = &rekeyv1.Baseline{State: rekeyv1.BaselineState_BASELINE_STATE_CONFIRMED, Runs: c.GetProof().GetRuns(), ScreenshotsWithIgnoreAreas: 2}
		c.RollBackUntil = timestamppb.New(sampleBegin.AddDate(0, 0, 31))
	}
	c.OldAccess = &rekeyv1.OldAccess{State: rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED, Revoked: c.GetRevokes()}
}

func kms(region, account string, n int) *rekeyv1.Encryption {
	id := crc32.ChecksumIEEE([]byte(fmt.Sprint(region, account, n)))
	arn := fmt.Sprintf("arn:aws:kms:%s:%s:key/%08x-0000-4000-8000-%s", region, account, id, account)
	return &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArn: arn}
}

func grant(c *rekeyv1.Canary, on *rekeyv1.Encryption, n int) *rekeyv1.AccessChange {
	return &rekeyv1.AccessChange{
		Method: rekeyv1.AccessMethod_ACCESS_METHOD_GRANT, PrincipalArn: c.GetRoleArn(), KmsKeyArn: on.GetKmsKeyArn(),
		GrantName: fmt.Sprintf("rekey-%012x", n), GrantId: fmt.Sprintf("%032x", n+1),
	}
}

var sampleStates = map[outcome]rekeyv1.CanaryState{
	migrated: rekeyv1.CanaryState_CANARY_STATE_MIGRATED, held: rekeyv1.CanaryState_CANARY_STATE_MIGRATED,
	failed: rekeyv1.CanaryState_CANARY_STATE_FAILED, unverified: rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED,
	returned: rekeyv1.CanaryState_CANARY_STATE_RETURNED, blocked: rekeyv1.CanaryState_CANARY_STATE_BLOCKED,
	skipped: rekeyv1.CanaryState_CANARY_STATE_SKIPPED, migrating: rekeyv1.CanaryState_CANARY_STATE_MIGRATING,
	pending: rekeyv1.CanaryState_CANARY_STATE_PENDING, cancelled: rekeyv1.CanaryState_CANARY_STATE_CANCELLED,
}

var sampleProblems = map[outcome]*rekeyv1.Problem{
	held: {
		Reason:   rekeyv1.ErrorReason_ERROR_REASON_OLD_ACCESS_IN_USE,
		Message:  "the canary legacy-status in us-east-1 still writes with the old key by the same role",
		NextStep: "migrate legacy-status too, then retry this canary",
		Metadata: map[string]string{"consumer": "arn:aws:synthetics:us-east-1:111100000003:canary:legacy-status"},
	},
	failed: {
		Reason: rekeyv1.ErrorReason_ERROR_REASON_ROLLED_BACK_BY_AWS, Message: "AWS accepted the update and rolled it back: the layer is missing",
		NextStep: "mend the canary's layer, then retry it",
	},
	unverified: {
		Reason: rekeyv1.ErrorReason_ERROR_REASON_NOT_PROVEN_IN_TIME, Message: "no run since 2026-03-04 09:20 proved the new key",
		NextStep: "see why the canary does not run, then retry it: it goes on waiting",
	},
	returned: {
		Reason: rekeyv1.ErrorReason_ERROR_REASON_ACCESS_PROBLEM, Message: "run 7d1c… was denied kms:GenerateDataKey on the new key",
		NextStep: "let the key's policy admit grants for this account, then retry",
	},
	blocked: {
		Reason: rekeyv1.ErrorReason_ERROR_REASON_RUNTIME_DEPRECATED, Message: "syn-nodejs-puppeteer-3.9 is deprecated: AWS only lets it be moved to a newer runtime",
		NextStep: "update the runtime, then retry",
	},
	skipped:   {Reason: rekeyv1.ErrorReason_ERROR_REASON_CANARY_STOPPED, Message: "the canary is STOPPED and no run could prove a change"},
	cancelled: {Reason: rekeyv1.ErrorReason_ERROR_REASON_CANCELLED, Message: "the migration was cancelled before its turn came"},
}

// migration is what GetMigration says of it.
func (s sample) migration() *rekeyv1.Migration {
	digest := "9be1c0de7d3a44f0a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778a"
	ada := &rekeyv1.Caller{Name: "email:ada@example.com", Verified: true}
	lin := &rekeyv1.Caller{Name: "email:lin@example.com", Verified: true}
	return &rekeyv1.Migration{
		Id: "m-0123456789abcdefghij", State: rekeyv1.MigrationState_MIGRATION_STATE_PAUSED,
		StateReason: "wave 2 used up its failure budget", Creator: ada,
		Spec: &rekeyv1.MigrationSpec{
			DisplayName: "Artifacts to the security account's keys",
			Target:      &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyTemplate: "arn:aws:kms:{region}:900000000002:alias/artifacts"},
		},
		Plan:       &rekeyv1.Plan{Digest: digest, Number: 1, FreezeTime: after(-30)},
		Approvals:  []*rekeyv1.Approval{{PlanDigest: digest, Approver: lin, ApproveTime: after(-5), Comment: "read it with Ada; two viewers were told"}},
		CreateTime: after(-40), UpdateTime: after(75), RollBackUntil: timestamppb.New(sampleBegin.AddDate(0, 0, 31)),
		Selected: &rekeyv1.Selected{Accounts: int32(s.accounts), Regions: int32(s.regions), Cells: int32(s.accounts * s.regions)},         //nolint:gosec // small
		Progress: &rekeyv1.Progress{Cells: int32(s.accounts * s.regions), CellsRested: int32(s.accounts), CellProblems: s.cellProblems()}, //nolint:gosec // small
		Waves:    sampleWaves(), Budget: &rekeyv1.BudgetState{Allowed: proto.Int32(20), Failed: 9, Excused: 3},
		Pauses: []*rekeyv1.Pause{{
			Part: &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: 2}}, Cause: rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET,
			Reason: "5 of 5 failures are used up; raise the budget with UpdateRollout, then ResumeMigration", PauseTime: after(72),
		}},
		Controls: []*rekeyv1.ControlRecord{
			{Verb: rekeyv1.ControlVerb_CONTROL_VERB_CREATE, Caller: ada, Time: after(-40)},
			{Verb: rekeyv1.ControlVerb_CONTROL_VERB_APPROVE, Caller: lin, Time: after(-5), FromState: "AWAITING_APPROVAL", Detail: "read it with Ada; two viewers were told"},
			{Verb: rekeyv1.ControlVerb_CONTROL_VERB_PAUSE, Caller: ada, Time: after(31), FromState: "RUNNING", Detail: "the payments team deploys", Part: &rekeyv1.Part{
				Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: "111100000002", Region: "eu-west-1"}},
			}},
			{Verb: rekeyv1.ControlVerb_CONTROL_VERB_RESUME, Caller: ada, Time: after(44), FromState: "RUNNING", Part: &rekeyv1.Part{
				Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: "111100000002", Region: "eu-west-1"}},
			}},
		},
	}
}

// cellProblems shuts one account's Region, where a fleet has trouble at all.
func (s sample) cellProblems() []*rekeyv1.Problem {
	if s.calm {
		return nil
	}
	return []*rekeyv1.Problem{{
		Reason: rekeyv1.ErrorReason_ERROR_REASON_CELL_NOT_REACHABLE, Message: "111100000099 in eu-west-1 can't be entered: AccessDenied",
		NextStep: "deploy the member role there, then retry",
		Metadata: map[string]string{"account_id": "111100000099", "region": "eu-west-1", "aws_code": "AccessDenied"},
	}}
}

func sampleWaves() []*rekeyv1.Wave {
	hours := func(least, most time.Duration) *rekeyv1.TimeRange {
		return &rekeyv1.TimeRange{Least: durationpb.New(least), Most: durationpb.New(most)}
	}
	return []*rekeyv1.Wave{
		{
			Number: 0, Title: "one of each kind", State: rekeyv1.WaveState_WAVE_STATE_JUDGED, Canaries: 6, Cells: 4, Rested: 6,
			Budget:    &rekeyv1.BudgetState{Allowed: proto.Int32(0)},
			StartTime: after(2), BakeStartTime: after(14), EndTime: after(24), Forecast: hours(15*time.Minute, 40*time.Minute),
			Judgement: &rekeyv1.Judgement{
				Verdict: rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON, Reason: "all 6 are proven, and fail no more than the others",
				Migrated: &rekeyv1.RunShare{Canaries: 6}, Control: &rekeyv1.RunShare{Canaries: 58, Failed: 1},
			},
		},
		{
			Number: 1, Title: "10 %", State: rekeyv1.WaveState_WAVE_STATE_JUDGED, Canaries: 24, Cells: 17, Rested: 24,
			Budget:    &rekeyv1.BudgetState{Allowed: proto.Int32(3), Failed: 1, Excused: 3},
			StartTime: after(24), BakeStartTime: after(38), EndTime: after(48), Forecast: hours(20*time.Minute, time.Hour),
			Judgement: &rekeyv1.Judgement{
				Verdict: rekeyv1.WaveVerdict_WAVE_VERDICT_INCONCLUSIVE, Reason: "3 failed like canaries that were not migrated yet: the site was down",
				Migrated: &rekeyv1.RunShare{Canaries: 24, Failed: 4}, Control: &rekeyv1.RunShare{Canaries: 170, Failed: 31},
			},
		},
		{
			Number: 2, Title: "the rest", State: rekeyv1.WaveState_WAVE_STATE_RUNNING, Canaries: 180, Cells: 40, Rested: 150,
			Budget: &rekeyv1.BudgetState{Allowed: proto.Int32(5), Failed: 5, InFlight: 4}, StartTime: after(48), Forecast: hours(time.Hour, 3*time.Hour),
		},
	}
}
