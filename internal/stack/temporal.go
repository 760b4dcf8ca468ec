package stack

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	enums "go.temporal.io/api/enums/v1"
	taskqueue "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"rekey/workflows"
)

// temporal asks the Temporal server how it and its workers are.
type temporal struct {
	client    client.Client
	address   string
	namespace string
}

// dialTemporal does not connect yet: the server may be one that is about to be started.
func dialTemporal(cfg Config) (*temporal, error) {
	options := client.Options{HostPort: cfg.TemporalAddress, Namespace: client.DefaultNamespace}
	if cfg.UseTemporal {
		var err error
		if options, err = envconfig.LoadDefaultClientOptions(); err != nil {
			return nil, fmt.Errorf("the TEMPORAL_ variables of the environment: %w", err)
		}
		if options.Namespace == "" {
			options.Namespace = client.DefaultNamespace
		}
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("client of Temporal at %s: %w", options.HostPort, err)
	}
	return &temporal{client: c, address: options.HostPort, namespace: options.Namespace}, nil
}

func (t *temporal) close() { t.client.Close() }

// healthy asks whether the server serves and has the namespace.
func (t *temporal) healthy(ctx context.Context) error {
	if _, err := t.client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return err
	}
	_, err := t.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.namespace})
	return err
}

// polledBy asks whether the worker with that process id polls for workflows and for activities. Temporal remembers
// pollers for minutes, those that were killed too; a worker's identity begins with its process id.
func (t *temporal) polledBy(ctx context.Context, pid int) error {
	for _, kind := range []enums.TaskQueueType{enums.TASK_QUEUE_TYPE_WORKFLOW, enums.TASK_QUEUE_TYPE_ACTIVITY} {
		reply, err := t.client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: t.namespace, TaskQueue: &taskqueue.TaskQueue{Name: workflows.TaskQueue}, TaskQueueType: kind,
		})
		if err != nil {
			return err
		}
		if !polled(reply.GetPollers(), pid) {
			return fmt.Errorf("process %d does not poll the task queue %s yet", pid, workflows.TaskQueue)
		}
	}
	return nil
}

func polled(pollers []*taskqueue.PollerInfo, pid int) bool {
	for _, p := range pollers {
		if strings.HasPrefix(p.GetIdentity(), fmt.Sprintf("%d@", pid)) {
			return true
		}
	}
	return false
}
