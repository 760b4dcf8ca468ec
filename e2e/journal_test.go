package e2e

import (
	"slices"
	"strings"
	"time"

	"rekey/awssim/journal"
	"rekey/awssim/synthetics"
	rekeyv1 "rekey/gen/rekey/v1"
)

// changes are the calls by which rekey changed something in AWS, after the journal's entry of that number.
func (s *stack) changes(since int) []journal.Entry {
	return slices.DeleteFunc(slices.Clone(s.sim.World.Journal.Since(since)), func(e journal.Entry) bool {
		return e.Kind != journal.Mutation || !strings.Contains(e.Principal, "/rekey-member")
	})
}

// changed are those of the changes that were made to a canary itself.
func (s *stack) changed(since int, c *rekeyv1.Canary) []journal.Entry {
	return slices.DeleteFunc(s.changes(since), func(e journal.Entry) bool { return e.Resource != canaryARN(c) })
}

func canaryARN(c *rekeyv1.Canary) string {
	return synthetics.ARN(c.GetAccountId(), c.GetRegion(), c.GetName())
}

// simulated is the instant of the world's clock at an instant of ours.
func (s *stack) simulated(at time.Time) time.Time {
	clock := s.sim.World.Clock
	now, ours := clock.Now(), time.Now()
	return now.Add(-time.Duration(float64(ours.Sub(at)) * clock.Scale()))
}

// flight is for how long a canary was in flight at least, as the world saw it: from its update to the end of the run that
// proved it. One that failed has not landed: it goes on counting against a budget.
type flight struct {
	name         string
	begun, ended time.Time
	failed       bool
}

// flights are those of canaries that rekey updated, in the order in which they began.
func (s *stack) flights(canaries map[string]*rekeyv1.Canary) []flight {
	s.t.Helper()
	var list []flight
	for name, c := range canaries {
		changes := s.changed(0, c)
		if len(changes) == 0 {
			continue
		}
		f := flight{name: name, begun: changes[0].Time, failed: c.GetState() != migrated}
		if !f.failed {
			f.ended = s.ended(c, c.GetProof().GetRuns()[0].GetRunId())
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b flight) int { return a.begun.Compare(b.begun) })
	return list
}

// ended is when a run of a canary was complete.
func (s *stack) ended(c *rekeyv1.Canary, run string) time.Time {
	s.t.Helper()
	for _, e := range s.sim.World.Journal.Since(0) {
		if e.Kind == journal.Run && e.Resource == canaryARN(c) && e.Detail[synthetics.DetailRun] == run {
			return e.Time
		}
	}
	s.t.Fatalf("the journal has no run %s of %s", run, c.GetName())
	return time.Time{}
}

// besides is how many of the flights were under way, and how many of those that failed later had been begun, when one began;
// itself included.
func besides(list []flight, one flight) (flying, failing int) {
	for _, f := range list {
		switch {
		case f.begun.After(one.begun):
		case f.failed:
			failing++
		case f.ended.After(one.begun):
			flying++
		}
	}
	return flying, failing
}
