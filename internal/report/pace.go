package report

import (
	"cmp"
	"slices"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
)

// steps is into how many steps the time of a migration is cut: more than are seen, and few enough for a small picture.
const steps = 240

// pace is when each canary's story began, and when it rested with which outcome. Canaries that were never begun are not in
// it: they rest since the plan was made. Where a server does not tell when a story began, it began when it rested.
type pace struct {
	began  []int64 // Unix seconds
	rested []rest
}

type rest struct {
	at      int64
	outcome outcome
}

func (p *pace) add(c *rekeyv1.Canary) {
	o := outcomeOf(c)
	if !hasBegun(c, o) {
		return
	}
	p.began = append(p.began, cmp.Or(c.GetStartTime().GetSeconds(), c.GetUpdateTime().GetSeconds()))
	if o != migrating && c.GetUpdateTime() != nil {
		p.rested = append(p.rested, rest{c.GetUpdateTime().GetSeconds(), o})
	}
}

// hasBegun reports whether a canary's story began: by its time, or because the outcome is one that nothing else has.
func hasBegun(c *rekeyv1.Canary, o outcome) bool {
	switch o {
	case migrated, held, failed, unverified, returned:
		return c.GetStartTime() != nil || c.GetUpdateTime() != nil
	default:
		return c.GetStartTime() != nil
	}
}

// moment is how many canaries had begun, and how many rested with each outcome, at a time.
type moment struct {
	At     time.Time
	Began  int
	Rested counts
}

// Total is how many canaries rested.
func (m moment) Total() int { return m.Rested.total() }

// moments are the counts at equal steps from the first begin to a little after the last event. Empty when nothing has begun.
func (p *pace) moments() []moment {
	if len(p.began) == 0 {
		return nil
	}
	slices.Sort(p.began)
	slices.SortFunc(p.rested, func(a, b rest) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.outcome, b.outcome)) })
	first, last := p.began[0], p.began[len(p.began)-1]
	if n := len(p.rested); n > 0 {
		first, last = min(first, p.rested[0].at), max(last, p.rested[n-1].at)
	}
	last += max(1, (last-first)/40) // so that the last change is seen
	var list []moment
	var now moment
	rests := p.rested
	for i := range steps + 1 {
		until := first + (last-first)*int64(i)/steps
		for now.Began < len(p.began) && p.began[now.Began] <= until {
			now.Began++
		}
		for len(rests) > 0 && rests[0].at <= until {
			now.Rested[rests[0].outcome]++
			rests = rests[1:]
		}
		now.At = time.Unix(until, 0).UTC()
		list = append(list, now)
	}
	return list
}
