package cell

import (
	"time"

	"rekey/workflows"
)

// countWaves brings the report's numbers of waves up to date. A wave is done when all its canaries rest and the cell has
// seen to their access.
func (c *cell) countWaves() {
	if c.in.Format == 0 {
		return
	}
	waves := make([]workflows.CellWave, len(c.report.Waves))
	for i, w := range c.report.Waves { // what a bake found stays
		waves[i] = workflows.CellWave{Baked: w.Baked, Watched: w.Watched, Migrated: w.Migrated, Control: w.Control}
	}
	for place, item := range c.canaries {
		if item.Wave == nil {
			continue
		}
		for len(waves) <= *item.Wave {
			waves = append(waves, workflows.CellWave{})
		}
		if c.isWeighed(place) {
			waves[*item.Wave].Canaries++
			continue
		}
		countIn(&waves[*item.Wave], item)
		if item.State == workflows.Pending && !c.shut(&item) {
			waves[*item.Wave].Waiting++
		}
	}
	idle := c.report.Phase == workflows.CellWaiting || c.report.Phase == workflows.CellResting
	for i := range waves {
		waves[i].Done = idle && waves[i].Rested == waves[i].Canaries
	}
	c.report.Waves = waves
}

func countIn(w *workflows.CellWave, item workflows.Canary) {
	w.Canaries++
	if rests(item) {
		w.Rested++
	}
	switch {
	case charged(item):
		w.Failed++
	case item.Excused:
		w.Excused++
	}
	if item.State == workflows.Unverified && item.Proving != workflows.Unproven {
		w.Unclear++
	}
}

// countReturns counts what could be put back, and until when the first of the baselines of those can.
func (c *cell) countReturns() {
	r := &c.report
	r.Returnable, r.RollBackUntil = 0, time.Time{}
	for _, item := range c.canaries {
		if !returnable(item) {
			continue
		}
		r.Returnable++
		if until := item.RollBackUntil; !until.IsZero() && (r.RollBackUntil.IsZero() || until.Before(r.RollBackUntil)) {
			r.RollBackUntil = until
		}
	}
}
