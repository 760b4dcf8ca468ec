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

// Gates is an interceptor that lets what activities change ask a gate, on behalf of their inputs' subjects.
func Gates(g gate.Gate) interceptor.WorkerInterceptor { return &gates{gate: g} }

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
	if len(in.Args) == 0 {
		return g.Next.ExecuteActivity(ctx, in)
	}
	if input, ok := in.Args[0].(workflows.Gated); ok { // the contract's activities have one input
		ctx = gate.With(ctx, g.gate, input.Subjects())
	}
	return g.Next.ExecuteActivity(ctx, in)
}
