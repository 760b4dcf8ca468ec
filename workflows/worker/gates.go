package worker

import (
	"context"

	"go.temporal.io/sdk/interceptor"

	"rekey/workflows"
	"rekey/workflows/gate"
)

// gates lets what an activity changes ask the gate of those on whose behalf it acts.
type gates struct {
	interceptor.WorkerInterceptorBase
	gate gate.Gate
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (g *gates) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &gated{interceptor.ActivityInboundInterceptorBase{Next: next}, g.gate}
}

type gated struct {
	interceptor.ActivityInboundInterceptorBase
	gate gate.Gate
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (g *gated) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	for _, arg := range in.Args {
		if input, ok := arg.(workflows.Gated); ok {
			ctx = gate.With(ctx, g.gate, input.Subjects())
		}
	}
	return g.Next.ExecuteActivity(ctx, in)
}
