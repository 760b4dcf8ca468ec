package designs

import (
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/activities/registry"
	rekeyworker "rekey/workflows/worker"
)

// Bounds of the worker, as the product's has them.
const (
	maxActivities    = 200
	maxWorkflowTasks = 20
)

// newWorker is a worker that carries out a design.
func newWorker(c client.Client, d Design, perCell int) worker.Worker {
	w := worker.New(c, workflows.TaskQueue, worker.Options{
		MaxConcurrentActivityExecutionSize: maxActivities, MaxConcurrentWorkflowTaskExecutionSize: maxWorkflowTasks,
		DisableEagerActivities: d.Polled,
		Interceptors:           []interceptor.WorkerInterceptor{&localizer{local: d.Local}},
	})
	rekeyworker.RegisterWorkflows(w)
	for name, f := range map[string]any{childrenWorkflow: tellChildren, storyWorkflow: tellStory, batchesWorkflow: tellBatches} {
		w.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
	owners := registry.Temporal{Client: c}
	shared := registry.New(owners, owners)
	activities := scripted{perCell}.activities()
	maps.Copy(activities, map[string]any{
		workflows.ClaimActivity: shared.Claim, workflows.ReleaseActivity: shared.Release, workflows.LeaseActivity: shared.Lease,
		workflows.EndLeaseActivity: shared.EndLease, workflows.EndUsesActivity: shared.EndUses, workflows.LocksActivity: shared.Locks,
	})
	for name, f := range activities {
		w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
	return w
}

// localizer has some activities made as local ones.
type localizer struct {
	interceptor.WorkerInterceptorBase
	local []string
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (l *localizer) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, l.local}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	local []string
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.WorkflowOutboundInterceptorBase{Next: next}, i.local})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	local []string
}

// ExecuteActivity implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if !slices.Contains(o.local, name) {
		return o.Next.ExecuteActivity(ctx, name, args...)
	}
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second},
	})
	return workflow.ExecuteLocalActivity(ctx, name, args...)
}
