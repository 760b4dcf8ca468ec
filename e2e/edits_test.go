package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/journal"
	"rekey/awssim/synthetics"
	rekeyv1 "rekey/gen/rekey/v1"
)

// The fleet whose edits are spread: four groups of three canaries, whose runs never meet those of another group.
const (
	groups, inGroup = 4, 3
	spreadEvery     = 5 * time.Minute
)

func groupedFleet() string {
	var canaries strings.Builder
	for i := range groups * inGroup {
		ago := time.Minute + time.Duration(i%groups)*spreadEvery/groups
		fmt.Fprintf(&canaries, "\n  - {account: shop, region: eu-west-1, name: canary-%02d, role: shared, schedule: rate(5 minutes), run_duration: 40s, "+
			"last_run_ago: %s, encryption: {mode: SSE_KMS, key: k}}", i, ago)
	}
	return canaries.String() + "\n"
}

// TestEditsKeepThePhase migrates canaries that run in four groups. Edited when a run is due, they run in those groups
// afterwards, and no run comes beside those of the schedule; edited at once, all run together. Both is what the plan said.
func TestEditsKeepThePhase(t *testing.T) {
	for name, test := range map[string]struct {
		edits  rekeyv1.EditTiming
		after  int // as the plan has it
		spikes bool
	}{
		"when due": {rekeyv1.EditTiming_EDIT_TIMING_UNSPECIFIED, inGroup, false},
		"at once":  {rekeyv1.EditTiming_EDIT_TIMING_AT_ONCE, groups * inGroup, true},
	} {
		t.Run(name, func(t *testing.T) {
			// A slower clock than that of other tests: on a busy machine edits are some hundred milliseconds late.
			f := parse(t, canaryRole("shop", "shared", ""), groupedFleet())
			f.TimeScale = 25
			s := start(t, f)
			spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
			spec.Rollout = &rekeyv1.Rollout{Edits: test.edits}
			spec.Waits.RevokeWatch = durationpb.New(0)
			m := s.create(spec)
			p := m.GetPlan().GetForecast().GetPeakRuns()
			if p.GetBefore() != inGroup || int(p.GetAfter()) != test.after || p.GetAtOnce() != groups*inGroup || p.GetAssumed() != 0 {
				t.Errorf("the plan foretells %v", p)
			}
			s.approve(m)
			if m = s.await(m.GetId(), rested); m.GetState() != succeeded {
				t.Fatalf("ended as %s: %s", m.GetState(), m.GetStateReason())
			}
			last := s.lastEdit()
			peak := peakOf(s.runsAfter(last, 2*groups*inGroup))
			t.Logf("%d runs went on at once after the last edit", peak)
			if spikes := peak > inGroup; spikes != test.spikes {
				t.Errorf("%d runs went on at once, where %d did before", peak, inGroup)
			}
			s.undisturbed()
		})
	}
}

// lastEdit is when the last of the canaries was edited.
func (s *stack) lastEdit() time.Time {
	var last time.Time
	for _, e := range s.changes(0) {
		if e.Action == "synthetics:UpdateCanary" && e.Time.After(last) {
			last = e.Time
		}
	}
	return last
}

// oneRun is a run, from its begin to its end.
type oneRun struct{ began, ended time.Time }

// runsAfter are the runs by schedule that began after an instant, once there are so many.
func (s *stack) runsAfter(after time.Time, least int) []oneRun {
	s.t.Helper()
	for {
		var list []oneRun
		for _, e := range s.sim.World.Journal.Since(0) {
			began, err := time.Parse(time.RFC3339Nano, e.Detail[synthetics.DetailStarted])
			if e.Kind == journal.Run && err == nil && e.Detail[synthetics.DetailDry] == "" && began.After(after) {
				list = append(list, oneRun{began, e.Time})
			}
		}
		if len(list) >= least {
			return list
		}
		if !s.passes(20 * time.Second) {
			s.t.Fatalf("%d runs since %s, and %d were awaited", len(list), after, least)
		}
	}
}

// passes waits for so much of the world's time, and reports whether the test goes on.
func (s *stack) passes(d time.Duration) bool {
	passed := make(chan struct{})
	s.sim.World.Clock.After(d, func() { close(passed) })
	select {
	case <-passed:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// peakOf is how many of the runs went on at once.
func peakOf(runs []oneRun) int {
	most := 0
	for _, r := range runs {
		going := 0
		for _, other := range runs {
			if !other.began.After(r.began) && other.ended.After(r.began) {
				going++
			}
		}
		most = max(most, going)
	}
	return most
}
