package judge

import (
	"time"

	"rekey/awssim/synthetics"
)

// blink is how long, in real time, a change of somebody else's may go unseen by whoever has just looked: between a look at a key
// and the update after it lie an answer and a request, and on a fast clock that is minutes.
const blink = 2 * time.Second

// unseen reports whether a canary was moved to a key that had been disabled for no more than a blink.
func (j *Judge) unseen(canary, key string) bool {
	grace := time.Duration(float64(blink) * j.script.Fleet.TimeScale)
	var disabled time.Time
	for _, e := range j.stage.Sim.World.Journal.Since(0) {
		switch {
		case e.Action == "kms:DisableKey" && e.Resource == key:
			disabled = e.Time
		case e.Action == "synthetics:UpdateCanary" && e.Resource == canary && e.Detail[synthetics.DetailAfter] == key:
			if !disabled.IsZero() && e.Time.Sub(disabled) <= grace {
				return true
			}
		}
	}
	return false
}
