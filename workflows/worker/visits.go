package worker

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"rekey/workflows/aws/limiter"
	"rekey/workflows/failure"
)

// visits has activities give back their places where AWS bears no more calls for a while: they fail with the time after
// which they are to be tried again, and others, of accounts that bear more, run meanwhile.
type visits struct {
	interceptor.WorkerInterceptorBase
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (*visits) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &visiting{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type visiting struct {
	interceptor.ActivityInboundInterceptorBase
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (v *visiting) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	out, err := v.Next.ExecuteActivity(limiter.Begin(ctx), in)
	if err != nil {
		err = inTime(activity.GetInfo(ctx), err, time.Now())
	}
	return out, err
}

// lastChance is what is left of an activity's time for its last attempt.
const lastChance = 2 * time.Second

// inTime has one that was put off come again before its time is up. The server gives up an activity as soon as its next attempt
// would come too late, so that a workflow which goes on waiting would have it put off again and again, at once.
func inTime(info activity.Info, err error, now time.Time) error {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || app.NonRetryable() || info.ScheduleToCloseTimeout == 0 {
		return err
	}
	problem := failure.Problem(app)
	left := info.ScheduledTime.Add(info.ScheduleToCloseTimeout).Sub(now) - lastChance
	if !failure.IsPutOff(problem) || left < lastChance || left >= app.NextRetryDelay() {
		return err
	}
	return failure.Retry(problem, left)
}
