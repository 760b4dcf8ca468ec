package worker

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// TestLastAttemptIsMade has an activity put off beyond its time, on a real server, which else gives it up there and then. On a machine that
// is too busy for its six seconds it gets them once more.
func TestLastAttemptIsMade(t *testing.T) {
	c := server(t)
	var attempts atomic.Int32
	w := worker.New(c, "visits", worker.Options{Interceptors: []interceptor.WorkerInterceptor{&visits{}}})
	w.RegisterActivityWithOptions(func(context.Context) error {
		if attempts.Add(1) > 1 {
			return nil
		}
		return failure.PutOff(&workflows.Problem{Reason: workflows.AWSRefused, Metadata: map[string]string{}}, time.Minute)
	}, activity.RegisterOptions{Name: "Visit"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{ScheduleToCloseTimeout: 3 * lastChance})
		return workflow.ExecuteActivity(ctx, "Visit").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Visits"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	const tries = 5
	for try := 1; ; try++ {
		attempts.Store(0)
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "visits"}, "Visits")
		if err != nil {
			t.Fatal(err)
		}
		if err = run.Get(t.Context(), nil); err == nil && attempts.Load() == 2 {
			return
		}
		if try == tries {
			t.Fatalf("it ended after attempt %d with %v", attempts.Load(), err)
		}
	}
}

func TestPutOffComesAgainInTime(t *testing.T) {
	begun := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	problem := func() *workflows.Problem {
		return &workflows.Problem{Reason: workflows.AWSRefused, Metadata: map[string]string{}}
	}
	putOff := failure.PutOff(problem(), time.Minute)
	for name, test := range map[string]struct {
		reason string
		err    error
		time   time.Duration // that the activity has
		passed time.Duration // of it
		want   time.Duration
	}{
		"in time":           {"its turn is its turn", putOff, time.Hour, time.Minute, time.Minute},
		"too late":          {"the last attempt is made while there is time for it", putOff, time.Hour, 59*time.Minute + 30*time.Second, 28 * time.Second},
		"at the end":        {"there is no time for another", putOff, time.Hour, time.Hour - time.Second, time.Minute},
		"without an end":    {"it comes again whenever it likes", putOff, 0, time.Hour, time.Minute},
		"another failure":   {"its time is its own", failure.Retry(problem(), time.Minute), time.Hour, 59*time.Minute + 30*time.Second, time.Minute},
		"one that waits":    {"the same", failure.Wait("not yet", time.Minute), time.Hour, 59*time.Minute + 30*time.Second, time.Minute},
		"a refusal":         {"it does not come again", failure.Refuse(problem()), time.Hour, 59*time.Minute + 30*time.Second, 0},
		"any other failure": {"it is nobody's", errors.New("disk on fire"), time.Hour, 59*time.Minute + 30*time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			info := activity.Info{ScheduledTime: begun, ScheduleToCloseTimeout: test.time}
			err := inTime(info, test.err, begun.Add(test.passed))
			var after time.Duration
			if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
				after = app.NextRetryDelay()
			}
			if after != test.want || failure.Problem(err).Reason != failure.Problem(test.err).Reason {
				t.Errorf("%s: it comes again after %s, want %s: %v", test.reason, after, test.want, err)
			}
		})
	}
}
