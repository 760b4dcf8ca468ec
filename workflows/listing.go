package workflows

import "slices"

// MayHave reports whether the cell may have canaries that the filter admits, by what the cell reported last. It errs on the
// side of yes: counts say nothing of combinations, nor of verdicts and reasons.
func (r CellReport) MayHave(f CanariesFilter) bool {
	all := 0
	for _, n := range r.States {
		all += n
	}
	if all == 0 || f.Wave != nil && (*f.Wave >= len(r.Waves) || r.Waves[*f.Wave].Canaries == 0) {
		return false
	}
	if r.isAtWork() && !f.asksForTheLost() {
		return true
	}
	return r.mayBeIn(f.States) && r.mayBeAt(f.Steps) && (f.Held == nil || *f.Held && r.Held > 0 || !*f.Held && all > r.Held)
}

// isAtWork reports whether canaries move on, of which the cell tells only now and then.
func (r CellReport) isAtWork() bool { return r.Phase == CellRunning || r.Phase == CellReturning }

// asksForTheLost reports whether a filter asks for those alone of whom a cell tells at once.
func (f CanariesFilter) asksForTheLost() bool {
	return len(f.States) > 0 && !slices.ContainsFunc(f.States, func(s CanaryState) bool { return s != CanaryFailed && s != Blocked })
}

func (r CellReport) mayBeIn(states []CanaryState) bool {
	return len(states) == 0 || slices.ContainsFunc(states, func(s CanaryState) bool { return r.States[s] > 0 })
}

// mayBeAt looks at the steps of migrating canaries, and at those in which others stopped. Cells of before there were waves
// don't count the latter.
func (r CellReport) mayBeAt(steps []Step) bool {
	if len(steps) == 0 || slices.ContainsFunc(steps, func(s Step) bool { return r.Steps[s]+r.Stopped[s] > 0 }) {
		return true
	}
	if r.Stopped != nil {
		return false
	}
	return r.mayBeIn([]CanaryState{Migrated, Blocked, CanaryFailed, Returned, Unverified})
}
