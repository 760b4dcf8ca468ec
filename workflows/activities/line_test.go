package activities

import (
	"testing"

	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
	"rekey/workflows/aws/limiter"
	"rekey/workflows/failure"
)

// TestTheLineIsEnteredBeforeTheLook has an attempt come to a long line. It is put off and has asked AWS nothing: what it would
// have looked at would be old when its turn comes.
func TestTheLineIsEnteredBeforeTheLook(t *testing.T) {
	for operation, begins := range map[string]func(*world, workflows.Settings) func(*world) error{
		"StartCanaryDryRun": func(w *world, recorded workflows.Settings) func(*world) error {
			return attempt(workflows.StartDryRunActivity, w.dryRun(recorded, w.under("new")))
		},
		"UpdateCanary": func(w *world, recorded workflows.Settings) func(*world) error {
			return attempt(workflows.UpdateCanaryActivity, w.change(recorded, w.under("new")))
		},
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
			w.granted()
			begin := begins(w, w.recorded("checkout"))
			w.slow(operation, begin)
			leave := w.lineUp(operation)

			asked := w.sim.World.Calls.Counts()["synthetics:GetCanary"]
			w.kept = w.visiting()
			if err := begin(w); err == nil || !failure.IsPutOff(failure.Problem(err)) {
				t.Errorf("an attempt that finds a long line ended with %v", err)
			}
			if n := w.sim.World.Calls.Counts()["synthetics:GetCanary"] - asked; n != 0 {
				t.Errorf("it had looked %d times", n)
			}
			leave()
			if err := begin(w); err != nil {
				t.Errorf("an attempt that finds no line: %v", err)
			}
		})
	}
}

// slow has an operation throttled until less than a call a second is made.
func (w *world) slow(operation string, begin func(*world) error) {
	w.t.Helper()
	w.fails(fault.Rule{Service: "synthetics", Operation: operation, Throttle: 1})
	for known := false; !known || w.access.Rates(cell, "synthetics")[operation] > 1; known = true {
		retried(w.t, begin(w))
	}
	w.fails()
}

// lineUp has many wait for their turns to call an operation, until they leave.
func (w *world) lineUp(operation string) (leave func()) {
	w.t.Helper()
	var all []func()
	for range 40 {
		_, leave, err := w.access.Enter(w.t.Context(), cell, "synthetics", operation)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, leave)
	}
	return func() {
		for _, leave := range all {
			leave()
		}
	}
}

// visiting is a worker whose attempts come again rather than wait for long.
func (w *world) visiting() *testsuite.TestActivityEnvironment {
	env := w.worker()
	env.SetWorkerOptions(sdkworker.Options{BackgroundActivityContext: limiter.Begin(w.t.Context())})
	return env
}
