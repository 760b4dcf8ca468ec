package planning

import (
	"slices"
	"time"

	"rekey/workflows"
	"rekey/workflows/schedule"
)

// story is what will happen to one canary, as far as a forecast needs it.
type story struct {
	workflows.Canary
	baseline workflows.BaselinePolicy
	interval workflows.TimeRange // of its schedule; zero where it does not run by itself
	cron     bool
	whenDue  bool // its edit waits for a run that is due
}

func (o Observed) story(c workflows.Canary) story {
	s := story{Canary: c, baseline: o.Policies.Baseline}
	parsed, err := schedule.Parse(c.Recorded.Schedule)
	if err == nil && runs(c.Recorded) {
		s.interval, s.cron = gaps(parsed, o.Census.Dated), parsed.IsCron()
		s.whenDue = o.Edits == workflows.EditsWhenDue && TurnsEvery(c, o.Scale) > 0
	}
	return s
}

// gaps are the shortest and the longest time between the next few firings of a schedule.
func gaps(s schedule.Schedule, from time.Time) workflows.TimeRange {
	const firings = 8 // a week's, of one a day
	var found workflows.TimeRange
	last, ever := s.Next(from)
	for range firings {
		var next time.Time
		if !ever {
			break
		}
		if next, ever = s.Next(last); ever {
			found = widen(found, workflows.TimeRange{Least: next.Sub(last), Most: next.Sub(last)})
			last = next
		}
	}
	return found
}

// browsers are how many runs one run of the canary is told as.
func (s story) browsers() int { return max(len(s.Recorded.Browsers), 1) }

func (s story) updates() bool { return s.Action == workflows.Migrate }

func (s story) dryRuns() bool {
	return s.Proving == workflows.ByDryRun || s.Proving == workflows.ByDryOnly
}

// provenByRun reports whether a run is awaited after the update.
func (s story) provenByRun() bool {
	return s.updates() && s.Proving != workflows.ByDryOnly && s.Proving != workflows.Unproven
}

// rebases reports whether the baseline is confirmed by a second run.
func (s story) rebases() bool {
	return s.provenByRun() && s.Visual() && s.baseline != workflows.BaselineKeep
}

// names reports whether the baseline takes an update of its own: the next run is asked for with the settings' own update.
func (s story) names() bool {
	return s.rebases() && (s.baseline != workflows.BaselineNextRun || s.Recorded.IgnoresAreas())
}

// waits are how many runs are awaited, one after the other.
func (s story) waits() int {
	switch {
	case s.rebases():
		return 2
	case s.provenByRun():
		return 1
	}
	return 0
}

// extraRuns are the runs that the canary would not make by itself: the dry run, the one that each update of a running
// canary sets off at once (unless it takes the place of one that is due), and those that rekey starts. Whether an update
// lets one with a cron schedule run at once is not documented; it is counted.
func (s story) extraRuns() int {
	n := 0
	if s.dryRuns() {
		n++
	}
	switch {
	case s.Proving == workflows.ByOneRun:
		n += s.waits()
	case s.updates() && s.interval.Most > 0:
		if !s.whenDue {
			n++
		}
		if s.names() {
			n++
		}
	}
	return n * s.browsers()
}

// duration is how long the story takes, up to the revoke step, in AWS's time.
func (s story) duration(settle time.Duration) workflows.TimeRange {
	if !s.updates() {
		return workflows.TimeRange{}
	}
	total := plus(s.settling(settle), plus(updateTime, lookTime))
	if s.dryRuns() {
		total = plus(total, plus(plus(runDelay, runTime), lookTime))
	}
	for wait := range s.waits() {
		total = plus(total, plus(s.untilRun(wait), plus(runTime, lookTime)))
	}
	if s.names() {
		total = plus(total, plus(updateTime, lookTime))
	}
	if s.Proving == workflows.ByOneRun {
		total = plus(total, plus(startTime, lookTime)) // to stop it again
	}
	return total
}

// settling is how long access takes to be effective. Where a dry run shows that, the time passes only if it was denied.
func (s story) settling(settle time.Duration) workflows.TimeRange {
	made := slices.ContainsFunc(s.Grants, func(c workflows.AccessChange) bool { return !c.There && c.Method != workflows.Existing })
	switch {
	case !made:
		return workflows.TimeRange{}
	case s.dryRuns():
		return workflows.TimeRange{Most: settle}
	}
	return plus(workflows.TimeRange{Least: settle, Most: settle}, lookTime)
}

// untilRun is how long it is until an awaited run begins: the one that an update or a start sets off, or the next one by the
// schedule. A baseline counts as compared by a run that began after its update was seen settled, which the one that the
// update sets off may be too early for.
func (s story) untilRun(wait int) workflows.TimeRange {
	switch {
	case s.Proving == workflows.ByOneRun:
		return plus(startTime, runDelay)
	case s.cron, wait > 0:
		return workflows.TimeRange{Most: s.interval.Most + runDelay.Most}
	}
	return runDelay
}
