package service

import (
	"cmp"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// What a spec gets where it says nothing; the API's comments promise these.
const (
	defaultMaxConcurrent = 20
	defaultAccessSettle  = 5 * time.Minute
	defaultRunDeadline   = 3 * time.Hour
)

// fromSpec is a spec of the API with the defaults filled in. A wait of 0 seconds is one that was asked for.
func fromSpec(s *rekeyv1.MigrationSpec) workflows.Spec {
	spec := workflows.Spec{
		DisplayName:   s.GetDisplayName(),
		Accounts:      s.GetSelection().GetAccountIds(),
		Regions:       s.GetSelection().GetRegions(),
		NamePatterns:  s.GetSelection().GetNamePatterns(),
		Target:        fromTarget(s.GetTarget()),
		MaxConcurrent: cmp.Or(int(s.GetRollout().GetMaxConcurrentCanariesPerCell()), defaultMaxConcurrent),
		AccessSettle:  defaultAccessSettle,
		RunDeadline:   defaultRunDeadline,
		Policies:      fromPolicies(s.GetPolicies()),
	}
	spec.Policies.RevokeWatch = defaultRevokeWatch
	if wait := s.GetWaits().GetRevokeWatch(); wait != nil {
		spec.Policies.RevokeWatch = wait.AsDuration()
	}
	if wait := s.GetWaits().GetAccessSettle(); wait != nil {
		spec.AccessSettle = wait.AsDuration()
	}
	if wait := s.GetWaits().GetRunDeadline(); wait != nil {
		spec.RunDeadline = wait.AsDuration()
	}
	return spec
}

func toSpec(s workflows.Spec) *rekeyv1.MigrationSpec {
	return &rekeyv1.MigrationSpec{
		DisplayName: s.DisplayName,
		Selection:   &rekeyv1.Selection{AccountIds: s.Accounts, Regions: s.Regions, NamePatterns: s.NamePatterns},
		Target:      toTarget(s.Target),
		Rollout:     &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: count(s.MaxConcurrent)},
		Waits: &rekeyv1.Waits{
			AccessSettle: durationpb.New(s.AccessSettle), RunDeadline: durationpb.New(s.RunDeadline),
			RevokeWatch: durationpb.New(s.Policies.RevokeWatch),
		},
		Policies: toPolicies(s.Policies),
	}
}

// toMigration is a migration's view as the API shows it. Its cancellation is told in the state and its reason.
func toMigration(v workflows.MigrationView) *rekeyv1.Migration {
	return &rekeyv1.Migration{
		Id:           v.ID,
		Spec:         toSpec(v.Spec),
		ValidateOnly: v.ValidateOnly,
		State:        toState(v.State),
		StateReason:  v.StateReason,
		Plan:         toPlan(v.Plan),
		Approval:     toApproval(v.Approval),
		Progress:     toProgress(v.Progress),
		CreateTime:   instant(v.Created),
		UpdateTime:   instant(v.Updated),
		EndTime:      instant(v.Ended),
	}
}

func toPlan(p *workflows.Plan) *rekeyv1.Plan {
	if p == nil {
		return nil
	}
	return &rekeyv1.Plan{
		Digest:     p.Digest,
		Canaries:   count(p.Counts.Canaries),
		ToMigrate:  count(p.Counts.ToMigrate),
		Skipped:    count(p.Counts.Skipped),
		Blocked:    count(p.Counts.Blocked),
		Grants:     count(p.Counts.Grants),
		Revokes:    count(p.Counts.Revokes),
		FreezeTime: instant(p.Frozen),
		RevokeOnly: count(p.Counts.RevokeOnly),
		DryRuns:    count(p.Counts.DryRuns),
		Held:       count(p.Counts.Held),

		LosingViewers: count(p.Counts.LosingViewers),
	}
}

func toApproval(a *workflows.Approval) *rekeyv1.Approval {
	if a == nil {
		return nil
	}
	return &rekeyv1.Approval{PlanDigest: a.Digest, Comment: a.Comment, ApproveTime: instant(a.Time)}
}

func toProgress(p workflows.Progress) *rekeyv1.Progress {
	progress := &rekeyv1.Progress{
		Held: count(p.Held), Cells: count(p.Cells), CellsPlanned: count(p.CellsPlanned), CellsRested: count(p.CellsRested),
	}
	for state, n := range tally(p.States, toCanaryState) {
		progress.States = append(progress.States, &rekeyv1.StateCount{State: state, Count: count(n)})
	}
	for step, n := range tally(p.Steps, toStep) {
		progress.Steps = append(progress.Steps, &rekeyv1.StepCount{Step: step, Count: count(n)})
	}
	slices.SortFunc(progress.GetStates(), func(a, b *rekeyv1.StateCount) int { return cmp.Compare(a.GetState(), b.GetState()) })
	slices.SortFunc(progress.GetSteps(), func(a, b *rekeyv1.StepCount) int { return cmp.Compare(a.GetStep(), b.GetStep()) })
	for _, problem := range p.CellProblems {
		progress.CellProblems = append(progress.CellProblems, toProblem(&problem))
	}
	return progress
}

// tally counts by the API's values; what has none is left out.
func tally[V, E comparable](counts map[V]int, to func(V) E) map[E]int {
	sums := map[E]int{}
	for value, n := range counts {
		if n != 0 {
			sums[to(value)] += n
		}
	}
	return sums
}

func toProblem(p *workflows.Problem) *rekeyv1.Problem {
	if p == nil {
		return nil
	}
	return &rekeyv1.Problem{Reason: toReason(p.Reason), Message: p.Message, NextStep: p.NextStep, Metadata: p.Metadata}
}

func toSummary(s Summary) *rekeyv1.MigrationSummary {
	return &rekeyv1.MigrationSummary{
		Id: s.ID, DisplayName: s.DisplayName, State: toState(s.State), CreateTime: instant(s.Created),
	}
}

// instant is a time on the wire; the zero time is none.
func instant(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// count is a number on the wire.
func count(n int) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }
