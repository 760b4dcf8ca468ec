package worker

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
)

// heartbeats tells the server that an activity is alive for as long as it runs, so that one whose worker was killed
// is tried again after its heartbeat timeout, not after all the time that it might have taken. The work itself is
// bounded by the activity's other timeouts. Activities that end sooner, nearly all of them, send none.
type heartbeats struct {
	interceptor.WorkerInterceptorBase
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (*heartbeats) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &beating{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type beating struct {
	interceptor.ActivityInboundInterceptorBase
	memory memory
}

// memory is what an activity's heartbeats carry from one attempt to the next. A heartbeat without it would erase it.
type memory struct {
	mu      sync.Mutex
	details []any
}

// keep remembers details, unless there are none, and passes what is remembered on before anybody else can.
func (m *memory) keep(details []any, pass func(details []any)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(details) > 0 {
		m.details = details
	}
	pass(m.details)
}

// Init implements interceptor.ActivityInboundInterceptor.
func (b *beating) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	return b.Next.Init(&remembering{interceptor.ActivityOutboundInterceptorBase{Next: outbound}, &b.memory})
}

// remembering keeps what the activity itself records. A heartbeat that records nothing carries what was kept.
type remembering struct {
	interceptor.ActivityOutboundInterceptorBase
	memory *memory
}

// RecordHeartbeat implements interceptor.ActivityOutboundInterceptor.
func (r *remembering) RecordHeartbeat(ctx context.Context, details ...any) {
	r.memory.keep(details, func(kept []any) { r.Next.RecordHeartbeat(ctx, kept...) })
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (b *beating) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if timeout := activity.GetInfo(ctx).HeartbeatTimeout; timeout > 0 {
		b.recall(ctx)
		done := make(chan struct{})
		defer close(done)
		go b.beat(ctx, timeout/2, done)
	}
	return b.Next.ExecuteActivity(ctx, in)
}

// recall has the heartbeats carry on what the attempt before has recorded.
func (b *beating) recall(ctx context.Context) {
	var earlier converter.RawValue
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &earlier) == nil {
		b.memory.keep([]any{earlier}, func([]any) {})
	}
}

func (b *beating) beat(ctx context.Context, every time.Duration, done <-chan struct{}) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			activity.RecordHeartbeat(ctx)
		case <-done:
			return
		}
	}
}
