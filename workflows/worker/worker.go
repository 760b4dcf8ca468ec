// Package worker is the Temporal worker that carries out migrations: the one place where activities and workflows
// are registered.
package worker

import (
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"rekey/workflows"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/aws"
	"rekey/workflows/gate"
)

// Config is what a worker is made of.
type Config struct {
	// Access enters the member accounts. Required.
	Access *aws.Access
	// Evidence says where evidence may go.
	Evidence evidence.Config
	// Version is that of the worker deployment. The zero value means that workers are not versioned.
	Version worker.WorkerDeploymentVersion
	// OnFatal is told when the worker can't go on, for example because its namespace is gone.
	OnFatal func(error)
}

// Options of the worker, with their reasons.
const (
	// stopTimeout is how long a stopping worker lets its activities finish. They are short (an activity that waits
	// makes one look an attempt) and safe to repeat; this lies under the 30 seconds that Kubernetes grants by
	// default, so that the worker ends before it is killed.
	stopTimeout = 20 * time.Second
	// maxActivities is how many activities run at a time. They wait for AWS more than they compute: one that edits a canary has
	// its place until the edit is settled, some ten seconds, so 200 of them edit 20 canaries a second, and let whatever else is to
	// be done wait meanwhile. What bounds the calls is the limiter of each account, Region and operation.
	maxActivities = 1000
	// maxWorkflowTasks is how many workflow tasks run at a time. A cell replays up to some thousand events, which
	// is computing, so more than a few a core only wait for each other.
	maxWorkflowTasks = 20
	// workflowTaskPollers is how many polls for workflow tasks are open at a time. A query is a task of its own, and each
	// passes one poller: the SDK's default of 2 lets callers of the API queue behind one another, and behind the migration.
	workflowTaskPollers = 10
	// deadlockTimeout is how long a workflow may compute before the SDK takes it to be stuck, fails its task and forgets it. The SDK's
	// second is passed by a cell of a hundred canaries that is replayed while twenty others are, on a machine that has more to do.
	deadlockTimeout = 10 * time.Second
	// cachedWorkflows is how many workflows are kept between their tasks, in the whole process. Most of them wait;
	// a cell's takes some hundred kilobytes, and what is not kept is replayed.
	cachedWorkflows = 500
)

// New makes a worker for rekey's task queue. It polls once it is started.
func New(c client.Client, config Config) worker.Worker {
	worker.SetStickyWorkflowCacheSize(cachedWorkflows) // before the first worker of the process is started
	w := worker.New(c, workflows.TaskQueue, worker.Options{
		WorkerStopTimeout:                      stopTimeout,
		MaxConcurrentActivityExecutionSize:     maxActivities,
		MaxConcurrentWorkflowTaskExecutionSize: maxWorkflowTasks,
		MaxConcurrentWorkflowTaskPollers:       workflowTaskPollers,
		DeadlockDetectionTimeout:               deadlockTimeout,
		OnFatalError:                           config.OnFatal,
		DeploymentOptions:                      deployment(config.Version),
		Interceptors: []interceptor.WorkerInterceptor{
			&heartbeats{}, &visits{}, Gates(gate.New(migrations{c})),
		},
	})
	RegisterWorkflows(w)
	RegisterActivities(w, config, c)
	return w
}

// deployment has tasks sent to workers of a version by Temporal's rules for that deployment, if there is one.
func deployment(v worker.WorkerDeploymentVersion) worker.DeploymentOptions {
	return worker.DeploymentOptions{UseVersioning: v != worker.WorkerDeploymentVersion{}, Version: v}
}
