package activities

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"rekey/awssim/fleet"
	"rekey/workflows"
)

// TestAnEditWaitsForItsTurn asks for an edit whose turn is far, near and over. One that waits asks nothing of AWS, and is
// tried again shortly before its turn.
func TestAnEditWaitsForItsTurn(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	in := w.change(w.recorded("checkout"), w.under("new"))
	calls := w.sim.World.Calls.Counts()["synthetics:GetCanary"]

	in.Turn = time.Now().Add(time.Minute)
	_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, in)
	waits(t, err)
	app, _ := errors.AsType[*temporal.ApplicationError](err)
	if again := app.NextRetryDelay(); again < 50*time.Second || again >= time.Minute {
		t.Errorf("an edit whose turn comes in a minute is tried again after %s", again)
	}
	if n := w.sim.World.Calls.Counts()["synthetics:GetCanary"]; n != calls || len(w.mutations("synthetics:UpdateCanary")) > 0 {
		t.Errorf("AWS was asked %d times before the turn", n-calls)
	}

	in.Turn = time.Now().Add(time.Second)
	must[workflows.Updated](w, workflows.UpdateCanaryActivity, in)
	if left := time.Until(in.Turn); left > 0 {
		t.Errorf("the canary was edited %s before its turn", left)
	}

	in.Turn = time.Now().Add(-time.Hour)
	if _, err := await[workflows.Updated](w, workflows.UpdateCanaryActivity, in); err != nil { // it finds the update done
		t.Error(err)
	}
	if n := len(w.mutations("synthetics:UpdateCanary")); n != 1 {
		t.Errorf("%d updates", n)
	}
}

// TestLastRuns tells when canaries ran last, by AWS's clock and by Temporal's.
func TestLastRuns(t *testing.T) {
	began := time.Now().UTC().Truncate(time.Second)
	w := newWorld(t, canaries(
		fleet.Canary{Name: "checkout", LastRunAgo: 2 * time.Minute, RunDuration: 7 * time.Second, Schedule: "rate(1 hour)"},
		fleet.Canary{Name: "other"}, fleet.Canary{Name: "fresh", NoHistory: true, State: "STOPPED"},
	), func(f *fleet.Fleet) { f.Start = began })
	before, asked := time.Now(), w.sim.World.Clock.Now()
	got := must[workflows.LastRuns](w, workflows.LastRunsActivity, workflows.LastRunsInput{Cell: cell, Names: []string{"checkout", "fresh"}})
	if len(got.Runs) != 1 || got.Runs[0].Name != "checkout" || got.Runs[0].Took != 7*time.Second {
		t.Fatalf("last runs: %+v", got.Runs)
	}
	if want := began.Add(-2 * time.Minute); !got.Runs[0].Due.Equal(want) {
		t.Errorf("the run is due at %s, want %s", got.Runs[0].Due, want)
	}
	if now := w.sim.World.Clock.Now(); got.Dated.After(now) || got.Dated.Before(asked.Truncate(time.Second)) { // a date has whole seconds
		t.Errorf("dated %s, between %s and %s", got.Dated, asked, now)
	}
	if got.At.Before(before.Add(-time.Second)) || got.At.After(time.Now()) {
		t.Errorf("answered at %s on Temporal's clock, between %s and %s", got.At, before, time.Now())
	}
}

// TestCensusTellsLastRuns has a plan know how canaries run.
func TestCensusTellsLastRuns(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}, fleet.Canary{Name: "other"}))
	census := must[workflows.Census](w, workflows.TakeCensusActivity, workflows.CensusInput{Cell: cell, NamePatterns: []string{"checkout"}})
	if len(census.LastRuns) != 1 || census.LastRuns[0].Name != "checkout" || census.LastRuns[0].Due.IsZero() {
		t.Errorf("last runs: %+v", census.LastRuns)
	}
	brief := must[workflows.Census](w, workflows.TakeCensusActivity, workflows.CensusInput{Cell: cell, Brief: true})
	if len(brief.LastRuns) > 0 {
		t.Errorf("a brief census tells %d last runs", len(brief.LastRuns))
	}
}
