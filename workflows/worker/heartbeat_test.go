package worker

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	sdk "go.temporal.io/sdk/worker"
)

// one gives an activity heartbeats that the test holds.
type one struct {
	interceptor.WorkerInterceptorBase
	beating *beating
}

func (o *one) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	o.beating.Next = next
	return o.beating
}

// TestHeartbeatsCarryMemoryOn has an activity that lives long keep what it has recorded: a heartbeat without it would have the
// next attempt do again what was done.
func TestHeartbeatsCarryMemoryOn(t *testing.T) {
	for name, test := range map[string]struct {
		before string // recorded by the attempt before
		record string // by this one
		want   string
	}{
		"of this attempt":       {"", "sent", "sent"},
		"of the attempt before": {"sent", "", "sent"},
		"of both":               {"sent", "settled", "settled"},
	} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			b := &beating{}
			env.SetWorkerOptions(sdk.Options{Interceptors: []interceptor.WorkerInterceptor{&one{beating: b}}})
			if test.before != "" {
				env.SetHeartbeatDetails(test.before)
			}
			beats := make(chan string, 1)
			env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
				var text string
				_ = details.Get(&text)
				beats <- text
			})
			f := func(ctx context.Context) error {
				b.recall(ctx)
				if test.record != "" {
					b.memory.keep([]any{test.record}, func([]any) {})
				}
				done := make(chan struct{})
				defer close(done)
				go b.beat(ctx, time.Millisecond, done)
				if got := <-beats; got != test.want {
					t.Errorf("a heartbeat carries %q, want %q", got, test.want)
				}
				return nil
			}
			env.RegisterActivity(f)
			if _, err := env.ExecuteActivity(f); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// told is where heartbeats go.
type told struct {
	interceptor.ActivityOutboundInterceptorBase
	list []string
}

func (o *told) RecordHeartbeat(_ context.Context, details ...any) {
	o.list = append(o.list, fmt.Sprint(details...))
}

// TestAHeartbeatErasesNothing has the worker's own heartbeat come between what an activity remembers and its telling it: it was
// about to carry what was remembered before.
func TestAHeartbeatErasesNothing(t *testing.T) {
	out, kept := &told{}, &memory{}
	r := &remembering{interceptor.ActivityOutboundInterceptorBase{Next: out}, kept}
	r.RecordHeartbeat(t.Context())
	r.RecordHeartbeat(t.Context(), "sent")
	r.RecordHeartbeat(t.Context())
	if got := fmt.Sprint(out.list); got != "[ sent sent]" {
		t.Errorf("told %s", got)
	}
}
