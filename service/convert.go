package service

import (
	"cmp"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// toMigration is a migration's view as the API shows it, with runs at that price in US dollars. Its cancellation and its roll
// back are told in the state, its reason and the control verbs.
func toMigration(v workflows.MigrationView, runPrice float64) *rekeyv1.Migration {
	return &rekeyv1.Migration{
		Id:           v.ID,
		Spec:         toSpec(v.Spec),
		ValidateOnly: v.ValidateOnly,
		State:        toState(v.State),
		StateReason:  v.StateReason,
		Plan:         toPlan(v.Plan, runPrice),
		Approval:     toApproval(v.Approval),
		Progress:     toProgress(v.Progress),
		CreateTime:   instant(v.Created),
		UpdateTime:   instant(v.Updated),
		EndTime:      instant(v.Ended),

		Creator:       toCaller(v.By),
		Approvals:     toApprovals(v.Approvals),
		Rollout:       toRollout(v.Rollout, cmp.Or(v.MaxConcurrent, v.Spec.MaxConcurrent)),
		Waves:         toWaves(v.Waves),
		Budget:        toBudgetState(v.Budget),
		Pauses:        toPauses(v.Pauses),
		Controls:      toControls(v.Controls),
		RollBackUntil: instant(v.RollBackUntil),
		EvidenceUri:   v.Evidence,
		Selected:      toSelected(v.Selected),
	}
}

func toPlan(p *workflows.Plan, runPrice float64) *rekeyv1.Plan {
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
		Number:        count(p.Number),
		Forecast:      toForecast(p.Forecast, runPrice),
	}
}

func toProgress(p workflows.Progress) *rekeyv1.Progress {
	progress := &rekeyv1.Progress{
		Held: count(p.Held), ByHand: count(p.ByHand), Cells: count(p.Cells), CellsPlanned: count(p.CellsPlanned), CellsRested: count(p.CellsRested),
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
