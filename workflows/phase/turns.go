package phase

import "time"

// Turns are the instants at which a canary may be edited so that the run that the edit sets off takes the place of one that
// is due: At, and all that lie a multiple of Every before or after it. The zero value has none.
type Turns struct {
	At    time.Time
	Every time.Duration
}

// Next is the first turn at or after an instant, and false where there are none.
func (t Turns) Next(from time.Time) (time.Time, bool) {
	if t.At.IsZero() || t.Every <= 0 {
		return time.Time{}, false
	}
	since := from.Sub(t.At) % t.Every
	switch {
	case since > 0:
		return from.Add(t.Every - since), true
	default: // from is a turn, or lies before At
		return from.Add(-since), true
	}
}

// Lead is how work goes before an edit: it takes Takes; it may begin so much earlier than that before a turn, and so much
// later.
type Lead struct {
	Takes, Earlier, Later time.Duration
}

// UntilBegin is how long it is until that work may begin; 0 where it may now, or there are no turns.
func (t Turns) UntilBegin(now time.Time, lead Lead) time.Duration {
	begin, ok := Turns{t.At.Add(-lead.Takes), t.Every}.Next(now.Add(-lead.Later))
	if !ok || t.At.IsZero() {
		return 0
	}
	return max(begin.Add(-lead.Earlier).Sub(now), 0)
}
