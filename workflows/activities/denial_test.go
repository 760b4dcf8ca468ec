package activities

import (
	"testing"
	"time"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
)

// watched asks for denials of the role's old access from now on.
func (w *world) watched() workflows.AwaitDenialInput {
	return workflows.AwaitDenialInput{
		Cell: cell, Poll: poll, Pairs: []workflows.WatchPair{{Pair: w.pair("old"), Since: w.sim.World.Clock.Now().Truncate(time.Second)}},
	}
}

// TestAwaitDenial watches the canaries of a role: one that passes is no denial, and neither is one that fails because of
// its site; one that misses the key is.
func TestAwaitDenial(t *testing.T) {
	w := newWorld(t, canaries(
		fleet.Canary{Name: "passes", Schedule: "rate(1 minute)"},
		fleet.Canary{Name: "down", Schedule: "rate(1 minute)", SiteDown: true},
	))
	in := w.watched()
	w.sim.World.Clock.Advance(3 * time.Minute)
	_, err := run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
	waits(t, err)

	w = newWorld(t, canaries(fleet.Canary{Name: "misses", Region: "us-east-1", Schedule: "rate(1 minute)", Access: "none"}))
	denials, err := await[[]workflows.Denial](w, workflows.AwaitDenialActivity, w.watched())
	if err != nil {
		t.Fatal(err)
	}
	consumer := "arn:aws:synthetics:us-east-1:" + shop + ":canary:misses"
	if len(denials) != 1 || denials[0].Pair != w.pair("old") || denials[0].Problem.Metadata["consumer"] != consumer {
		t.Errorf("got %+v, want the denial of %s", denials, consumer)
	}
}

// TestAwaitDenialAsksFewQuestions reads the runs of none while all last ones passed, and of all in the last look, which finds
// what a later run hides.
func TestAwaitDenialAsksFewQuestions(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "first"}, fleet.Canary{Name: "second"}))
	in := w.watched()
	for last, want := range map[bool]int64{false: 0, true: 2} {
		before := w.sim.World.Calls.Counts()["synthetics:GetCanaryRuns"]
		in.Last = last
		_, err := run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
		waits(t, err)
		if n := w.sim.World.Calls.Counts()["synthetics:GetCanaryRuns"] - before; n != want {
			t.Errorf("last %v: the runs of %d canaries were read, want %d", last, n, want)
		}
	}
}

// guarded denies an action in the Region in which nothing is seen.
func guarded(action string) func(*fleet.Fleet) {
	return denying(`{"Effect": "Deny", "Action": "synthetics:` + action +
		`", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}`)
}

// TestAwaitDenialBesideARegionThatFails sees a denial although another Region can't be read, now or at all; without one it does
// not take what it can't see for well.
func TestAwaitDenialBesideARegionThatFails(t *testing.T) {
	for name, test := range map[string]struct {
		guard func(*fleet.Fleet)
		fault fault.Rule
	}{
		"denied":    {guarded("*"), fault.Rule{}},
		"throttled": {canaries(), fault.Rule{Service: "synthetics", Region: "us-east-1", Throttle: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.guard, canaries(fleet.Canary{Name: "misses", Schedule: "rate(1 minute)", Access: "none"}))
			w.fails(test.fault)
			in := w.watched()
			w.sim.World.Clock.Advance(3 * time.Minute)
			denials, err := run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
			if err != nil || len(denials) != 1 {
				t.Errorf("got %+v, %v, want the denial that can be seen", denials, err)
			}
			in.Last = true
			_, err = run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
			retried(t, err) // the watch of other pairs is over, too: of them nothing was seen yet

			w = newWorld(t, test.guard, canaries(fleet.Canary{Name: "passes"}))
			w.fails(test.fault)
			_, err = run[[]workflows.Denial](w, workflows.AwaitDenialActivity, w.watched())
			retried(t, err)
		})
	}
}

// TestLastLookGivesUpWhatItCannotSee sees a denial of one pair, and can't see the runs of another one's canary: its access comes
// back, too.
func TestLastLookGivesUpWhatItCannotSee(t *testing.T) {
	w := newWorld(t, guarded("GetCanaryRuns"), canaries(
		fleet.Canary{Name: "misses", Schedule: "rate(1 minute)", Access: "none"},
		fleet.Canary{Name: "unseen", Region: "us-east-1", Role: "other"},
	))
	in := w.watched()
	other := in.Pairs[0]
	other.Pair.RoleARN = w.role("other")
	in.Pairs, in.Last = append(in.Pairs, other), true
	w.sim.World.Clock.Advance(3 * time.Minute)
	denials, err := run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
	if err != nil || len(denials) != 2 || denials[0].Pair != in.Pairs[0].Pair || denials[1].Pair != other.Pair {
		t.Fatalf("got %+v, %v, want a denial of each pair", denials, err)
	}
	if seen, unseen := denials[0].Problem.Metadata["run_id"], denials[1].Problem.Metadata["cause"]; seen == "" || unseen == "" {
		t.Errorf("the first names the run %q, the second the cause %q", seen, unseen)
	}
}

// TestAwaitDenialListsNothingWhileRunsPass asks for the last runs alone, until the last look, which searches all Regions; and
// sees a denial all the same.
func TestAwaitDenialListsNothingWhileRunsPass(t *testing.T) {
	w := newWorld(t, canaries(
		fleet.Canary{Name: "misses", Schedule: "rate(1 hour)", Access: fleet.AccessRolePolicy},
		fleet.Canary{Name: "elsewhere", Region: "us-east-1", Role: "other"},
	))
	in := w.watched()
	lists := func() int64 { return w.sim.World.Calls.Counts()["synthetics:DescribeCanaries"] }
	look := func(last bool) (denials []workflows.Denial, listed int64, err error) {
		before := lists()
		in.Last = last
		denials, err = run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
		return denials, lists() - before, err
	}
	_, n, err := look(false)
	waits(t, err)
	if n != 0 {
		t.Errorf("a look lists the canaries of %d Regions, though no run failed", n)
	}
	_, n, err = look(true)
	waits(t, err)
	if n < 2 {
		t.Errorf("the last look lists the canaries of %d Regions, want all", n)
	}
	if err := w.sim.World.IAM.SetInline(w.role("canary"), "artifact-keys", ""); err != nil {
		t.Fatal(err)
	}
	w.sim.World.Clock.Advance(2 * time.Hour)
	denials, n, err := look(false)
	if err != nil || len(denials) != 1 || n != 1 {
		t.Errorf("got %+v, %v by the lists of %d Regions, want the denial by that of its own", denials, err, n)
	}
}

// TestAwaitDenialLeavesOutRegionsWithoutRuns asks every Region once, and then those alone in which canaries run; after a while all of
// them again.
func TestAwaitDenialLeavesOutRegionsWithoutRuns(t *testing.T) {
	w := newWorld(t, canaries(
		fleet.Canary{Name: "here", LastRunAgo: time.Minute},
		fleet.Canary{Name: "there", Region: "us-east-1", Role: "other", LastRunAgo: time.Minute},
	))
	in := w.watched()
	look := func() int64 {
		before := w.sim.World.Calls.Counts()["synthetics:DescribeCanariesLastRun"]
		_, err := run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
		waits(t, err)
		return w.sim.World.Calls.Counts()["synthetics:DescribeCanariesLastRun"] - before
	}
	w.kept = w.worker()
	in.Poll.Scale = 1e9 // everything is forgotten at once
	if first, second := look(), look(); first <= 2 || second != first {
		t.Errorf("asked %d Regions, and %d after a while, want all of them again", first, second)
	}
	in.Poll.Scale = 1 // nothing is forgotten while this test runs
	if first, second := look(), look(); first <= 2 || second != 2 {
		t.Errorf("asked %d Regions, and then %d, want all, and then two", first, second)
	}
	w.fails(fault.Rule{Service: "synthetics", Region: "us-east-1", Throttle: 1})
	_, err := run[[]workflows.Denial](w, workflows.AwaitDenialActivity, in)
	retried(t, err) // a Region that is remembered is not taken for well
}
