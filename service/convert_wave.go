package service

import (
	"cmp"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// toWaves are waves as the API shows them. How they are judged is in the rollout.
func toWaves(waves []workflows.Wave) []*rekeyv1.Wave {
	var list []*rekeyv1.Wave
	for _, w := range waves {
		list = append(list, &rekeyv1.Wave{
			Number:        count(w.Number),
			Title:         w.Title,
			State:         toWaveState(w.State),
			Canaries:      count(w.Canaries),
			Cells:         count(w.Cells),
			Rested:        count(w.Rested),
			Budget:        toBudgetState(w.Budget),
			StartTime:     instant(w.Begun),
			BakeStartTime: instant(w.BakeBegun),
			EndTime:       instant(w.Ended),
			Judgement:     toJudgement(w.Judgement),
			Forecast:      toTimeRange(w.Forecast),
		})
	}
	return list
}

// toBudgetState is how far a budget is used; of one that bears everything and has borne nothing there is nothing to tell.
func toBudgetState(b workflows.BudgetState) *rekeyv1.BudgetState {
	if b == (workflows.BudgetState{}) {
		return nil
	}
	return &rekeyv1.BudgetState{
		Allowed: optionalCount(b.Allowed), Failed: count(b.Failed), Excused: count(b.Excused), InFlight: count(b.InFlight),
	}
}

func toJudgement(j *workflows.Judgement) *rekeyv1.Judgement {
	if j == nil {
		return nil
	}
	return &rekeyv1.Judgement{
		Verdict: toWaveVerdict(j.Verdict), Reason: j.Reason, Migrated: toRunShare(j.Migrated), Control: toRunShare(j.Control),
	}
}

func toRunShare(s workflows.RunShare) *rekeyv1.RunShare {
	return &rekeyv1.RunShare{Canaries: count(s.Canaries), Failed: count(s.Failed)}
}

// toTimeRange is a range on the wire; one that was not computed is none.
func toTimeRange(r workflows.TimeRange) *rekeyv1.TimeRange {
	if r == (workflows.TimeRange{}) {
		return nil
	}
	return &rekeyv1.TimeRange{Least: durationpb.New(r.Least), Most: durationpb.New(r.Most)}
}

// toForecast is a forecast on the wire, with runs at that price: calls by name, and those viewers first who lose most.
func toForecast(f workflows.Forecast, runPrice float64) *rekeyv1.Forecast {
	forecast := &rekeyv1.Forecast{
		ExtraRuns: count(f.ExtraRuns), ExtraRunCostUsd: float64(f.ExtraRuns) * runPrice, Duration: toTimeRange(f.Total),
		PeakRuns: toPeakRuns(f.Peak),
	}
	for _, c := range f.Peaks {
		forecast.CellPeaks = append(forecast.CellPeaks, &rekeyv1.CellPeak{
			AccountId: c.Cell.Account, Region: c.Cell.Region, PeakRuns: toPeakRuns(c.Peak),
		})
	}
	for _, action := range slices.Sorted(maps.Keys(f.Calls)) {
		forecast.Calls = append(forecast.Calls, &rekeyv1.CallCount{Action: action, Count: int64(f.Calls[action])})
	}
	losing := slices.SortedFunc(maps.Keys(f.Losing), func(a, b string) int {
		return cmp.Or(cmp.Compare(f.Losing[b], f.Losing[a]), cmp.Compare(a, b))
	})
	for _, principal := range losing {
		forecast.LosingViewers = append(forecast.LosingViewers, &rekeyv1.LosingViewer{
			PrincipalArn: principal, Canaries: count(f.Losing[principal]),
		})
	}
	return forecast
}

// toPeakRuns is a peak on the wire; one that was not computed is none.
func toPeakRuns(p workflows.Peak) *rekeyv1.PeakRuns {
	if p == (workflows.Peak{}) {
		return nil
	}
	return &rekeyv1.PeakRuns{Before: count(p.Before), After: count(p.After), AtOnce: count(p.AtOnce), Assumed: count(p.Assumed)}
}
