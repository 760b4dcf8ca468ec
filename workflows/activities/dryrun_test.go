package activities

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
	"rekey/workflows/failure"
)

// dryRun asks for a dry run of a canary as a step does that begins now.
func (w *world) dryRun(recorded workflows.Settings, to workflows.Encryption) workflows.DryRunInput {
	w.t.Helper()
	begun := must[workflows.DryRunBegin](w, workflows.BeginDryRunActivity, workflows.BeginDryRunInput{Cell: cell, Name: recorded.Name})
	return workflows.DryRunInput{
		Cell: cell, Recorded: recorded, To: to, ToLocation: recorded.Location, Since: begun.At, Poll: poll,
	}
}

// ended makes a dry run and waits for its end.
func (w *world) ended(in workflows.DryRunInput) (workflows.DryRun, workflows.DryRunEnd) {
	w.t.Helper()
	started := must[workflows.DryRun](w, workflows.StartDryRunActivity, in)
	end, err := await[workflows.DryRunEnd](w, workflows.AwaitDryRunActivity, workflows.AwaitDryRunInput{
		Cell: cell, Recorded: in.Recorded, DryRunID: started.ID, Poll: poll,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return started, end
}

// TestStartDryRunTakesNoOlderOne makes a dry run that is denied, mends what denied it, and begins again: the old one says
// nothing of how it is now.
func TestStartDryRunTakesNoOlderOne(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	recorded := w.recorded("checkout")
	denied, end := w.ended(w.dryRun(recorded, w.under("new")))
	if len(end.Runs) != 1 || end.Runs[0].Passed() {
		t.Fatalf("without access to the key the dry run ended with %+v", end)
	}
	w.granted()
	again, end := w.ended(w.dryRun(recorded, w.under("new")))
	if again.ID == denied.ID || len(end.Runs) != 1 || !end.Runs[0].Passed() {
		t.Errorf("dry run %s after %s ended with %+v", again.ID, denied.ID, end)
	}
}

// TestStartDryRunLostAnswer loses the answer to a start: the dry run that it started is taken.
func TestStartDryRunLostAnswer(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	w.granted()
	in := w.dryRun(w.recorded("checkout"), w.under("new"))
	w.fails(fault.Rule{Service: "synthetics", Operation: "StartCanaryDryRun", FailAfter: 1, Times: 1})
	_, err := run[workflows.DryRun](w, workflows.StartDryRunActivity, in)
	retried(t, err)
	w.sim.World.Clock.Advance(4 * poll.Every)
	_, end := w.ended(in)
	if n := len(w.mutations("synthetics:StartCanaryDryRun")); n != 1 || len(end.Runs) != 1 || !end.Runs[0].Passed() {
		t.Errorf("%d dry runs, the last of which ended with %+v", n, end)
	}
	in.Not = []string{must[workflows.DryRun](w, workflows.StartDryRunActivity, in).ID}
	if w.ended(in); len(w.mutations("synthetics:StartCanaryDryRun")) != 2 {
		t.Error("one that has been looked at is not looked at again")
	}
}

// TestCommitIsRepeated shows that a commit which AWS throttles, or stumbles over, is repeated: only one that AWS refuses for
// good may be followed by an update that no dry run has proven.
func TestCommitIsRepeated(t *testing.T) {
	for name, rule := range map[string]fault.Rule{
		"throttled":                       {Throttle: 1},
		"a server error":                  {FailBefore: 1},
		"a server error after the effect": {FailAfter: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
			w.granted()
			recorded := w.recorded("checkout")
			started, end := w.ended(w.dryRun(recorded, w.under("new")))
			if len(end.Runs) != 1 || !end.Runs[0].Passed() {
				t.Fatalf("the dry run ended with %+v", end)
			}
			commit := w.change(recorded, w.under("new"))
			commit.DryRunID = started.ID
			rule.Service, rule.Operation, rule.Times = "synthetics", "UpdateCanary", 1
			w.fails(rule)
			_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, commit)
			retried(t, err)
			if _, err := await[workflows.Updated](w, workflows.UpdateCanaryActivity, commit); err != nil {
				t.Fatalf("the repeat ended with %v", err)
			}
			updates := w.mutations("synthetics:UpdateCanary")
			if len(updates) != 1 || updates[0].Detail["dry"] != started.ID {
				t.Errorf("updates %+v, want one that commits dry run %s", updates, started.ID)
			}
		})
	}
}

// TestStartDryRunThrottled shows that a start which is to be made again says so as AWS's other calls do: a dry run that failed
// is another matter, and what tells when to come again must not be lost on the way.
func TestStartDryRunThrottled(t *testing.T) {
	for name, rule := range map[string]fault.Rule{"throttled": {Throttle: 1}, "a server error": {FailBefore: 1}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
			w.granted()
			in := w.dryRun(w.recorded("checkout"), w.under("new"))
			rule.Service, rule.Operation, rule.Times = "synthetics", "StartCanaryDryRun", 1
			w.fails(rule)
			_, err := run[workflows.DryRun](w, workflows.StartDryRunActivity, in)
			retried(t, err)
			if got := failure.Problem(err); got.Reason != workflows.AWSRefused {
				t.Errorf("the attempt ended with %+v, want reason %s", got, workflows.AWSRefused)
			}
		})
	}
}

// TestFirstDryRunAsksFewQuestions looks for no dry run before the first, and not at one that has just been started.
func TestFirstDryRunAsksFewQuestions(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	in := w.dryRun(w.recorded("checkout"), w.under("new"))
	in.Since = time.Time{} // StartDryRun begins
	asked := func() int64 { return w.sim.World.Calls.Counts()["synthetics:GetCanaryRuns"] }
	started := must[workflows.DryRunStarted](w, workflows.StartDryRunActivity, in)
	for expected, after := range map[time.Duration]time.Duration{0: 2 * poll.Every, 7 * time.Second: 7 * time.Second, time.Hour: time.Minute} {
		_, err := run[workflows.DryRunEnd](w, workflows.AwaitDryRunActivity, workflows.AwaitDryRunInput{
			Cell: cell, Recorded: in.Recorded, DryRunID: started.ID, Poll: poll, Fresh: true, Expected: expected,
		})
		waits(t, err)
		if app, ok := errors.AsType[*temporal.ApplicationError](err); !ok || app.NextRetryDelay() != poll.Delay(after) {
			t.Errorf("one that is expected to take %s: %v, want a look after %s", expected, app, poll.Delay(after))
		}
	}
	if n := asked(); n != 0 {
		t.Errorf("runs were asked for %d times", n)
	}
	w.sim.World.Clock.Advance(time.Minute) // its run has begun
	if again := must[workflows.DryRunStarted](w, workflows.StartDryRunActivity, in); again.ID != started.ID || asked() == 0 {
		t.Errorf("a second attempt started %s, want %s found", again.ID, started.ID)
	}
}
