package worker

import (
	"context"

	"go.temporal.io/sdk/interceptor"

	"rekey/workflows/aws/limiter"
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
	return v.Next.ExecuteActivity(limiter.Begin(ctx), in)
}
