package migration

import (
	"rekey/workflows"
	"rekey/workflows/planning"
)

// forecast sums up what the cells expect of the plan that was just frozen, and how long its waves will take.
func (m *migration) forecast() {
	if m.in.Format == 0 {
		return
	}
	forecasts := make([]workflows.Forecast, len(m.cells.order))
	for i, cell := range m.cells.order {
		forecasts[i] = m.cells.report[cell].Forecast
	}
	sum := planning.Sum(forecasts)
	bounds := planning.Bounds{Open: m.mostStories(), Going: m.view.Rollout.MaxTotal}
	var ranges []workflows.TimeRange
	for i := m.first; i < len(m.view.Waves); i++ {
		w := &m.view.Waves[i]
		w.Forecast = planning.Wave(m.shared(w.Number), bounds, w.Spec.BakeTime, w.Spec.BakeRuns, m.in.TimeScale)
		ranges = append(ranges, w.Forecast)
	}
	sum.Total = planning.Total(ranges)
	m.view.Plan.Forecast = sum
}

// shared are the parts that cells have in a wave.
func (m *migration) shared(wave int) []planning.Shared {
	var list []planning.Shared
	for _, cell := range m.cells.order {
		if r := m.cells.report[cell]; r.Share(wave) > 0 {
			list = append(list, planning.Shared{
				Canaries: r.Share(wave), Window: m.view.MaxConcurrent, StartsPerMinute: m.view.Rollout.StartsPerMinute,
				Weight: min(r.Share(wave), m.heaviest()), Forecast: r.Forecast,
			})
		}
	}
	return list
}
