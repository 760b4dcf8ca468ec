package planning

import (
	"slices"
	"time"

	"rekey/workflows"
	"rekey/workflows/schedule"
)

// leastEvery is the least interval, in real time, in which there are turns. Edits are timed to about a second: in the few
// seconds that an interval has in a rehearsal that runs fast, turns would mean little.
const leastEvery = 12 * time.Second

// TurnsEvery is how long, in real time of an AWS that runs scale times faster, it is from one turn of a canary's edit to the
// next: as long as from one run to the next. It is 0 for a canary whose edit does not wait: that is not updated, does not run
// by itself or at a rate, or is not proven by its runs.
func TurnsEvery(c workflows.Canary, scale float64) time.Duration {
	byRuns := c.Proving == workflows.ByRun || c.Proving == workflows.ByDryRun
	if c.Action != workflows.Migrate || !byRuns || !runs(c.Recorded) {
		return 0
	}
	parsed, err := schedule.Parse(c.Recorded.Schedule)
	if err != nil {
		return 0
	}
	every := workflows.Poll{Scale: scale}.Delay(parsed.Every())
	if every < leastEvery {
		return 0
	}
	return every
}

// runs reports whether a canary runs by itself, now or in a moment.
func runs(s workflows.Settings) bool {
	return slices.Contains([]string{"RUNNING", "STARTING", "UPDATING"}, s.State)
}
