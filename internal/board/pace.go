package board

import (
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
)

// window is how far back a pace looks: far enough that one batch of runs is not taken for the pace, near enough that it
// follows a change of the rollout.
const window = 10 * time.Minute

// Pace reckons how quickly canaries come to rest, from what was seen.
type Pace struct{ seen []sighting }

// sighting is how many canaries were seen to rest at a time.
type sighting struct {
	at     time.Time
	rested int
}

// See takes in a migration as it is at a time.
func (p *Pace) See(at time.Time, m *rekeyv1.Migration) {
	rested, _ := Rested(m)
	if len(p.seen) > 0 && rested < p.seen[len(p.seen)-1].rested {
		p.seen = nil // taken up again: what was seen before is of another plan
	}
	if waves := m.GetWaves(); len(p.seen) == 0 && len(waves) > 0 && waves[0].GetStartTime() != nil {
		p.seen = append(p.seen, sighting{at: waves[0].GetStartTime().AsTime()}) // what happened before anybody looked counts too
	}
	p.seen = append(p.seen, sighting{at, rested})
	for len(p.seen) > 2 && at.Sub(p.seen[1].at) >= window {
		p.seen = p.seen[1:]
	}
}

// PerMinute is how many canaries come to rest in a minute; 0 when that is not known yet.
func (p *Pace) PerMinute() float64 {
	if len(p.seen) < 2 {
		return 0
	}
	first, last := p.seen[0], p.seen[len(p.seen)-1]
	elapsed := last.at.Sub(first.at)
	if elapsed <= 0 {
		return 0
	}
	return float64(last.rested-first.rested) / elapsed.Minutes()
}

// Left is how long it takes until all canaries rest, at this pace and without the bakes between waves; 0 when that is not
// known.
func (p *Pace) Left(m *rekeyv1.Migration) time.Duration {
	rested, all := Rested(m)
	rate := p.PerMinute()
	if rate <= 0 || rested >= all {
		return 0
	}
	return time.Duration(float64(all-rested) / rate * float64(time.Minute))
}

// Rested is how many of the canaries that are migrated rest.
func Rested(m *rekeyv1.Migration) (rested, all int) {
	for _, w := range m.GetWaves() {
		rested, all = rested+int(w.GetRested()), all+int(w.GetCanaries())
	}
	if all > 0 {
		return rested, all
	}
	all = int(m.GetPlan().GetToMigrate())
	for _, s := range m.GetProgress().GetStates() {
		switch s.GetState() {
		case rekeyv1.CanaryState_CANARY_STATE_MIGRATED, rekeyv1.CanaryState_CANARY_STATE_FAILED, rekeyv1.CanaryState_CANARY_STATE_RETURNED,
			rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED, rekeyv1.CanaryState_CANARY_STATE_CANCELLED:
			rested += int(s.GetCount())
		default:
		}
	}
	return min(rested, all), all
}
