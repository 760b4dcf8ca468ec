package history

import (
	"context"
	"fmt"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
)

// readers is how many histories are read side by side: enough to keep the server busy while one is decoded.
const readers = 4

// Read counts the histories of all runs in the client's namespace, by workflow type.
func Read(ctx context.Context, c client.Client) (map[string]*Count, error) {
	counts := map[string]*Count{}
	one := make(chan typed)
	gathered := make(chan struct{})
	go func() {
		defer close(gathered)
		for run := range one {
			if counts[run.name] == nil {
				counts[run.name] = New()
			}
			counts[run.name].Merge(run.count)
		}
	}()
	err := readAll(ctx, c, one)
	close(one)
	<-gathered
	return counts, err
}

// typed is the count of one run.
type typed struct {
	name  string
	count *Count
}

func readAll(ctx context.Context, c client.Client, into chan<- typed) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	err := eachRun(ctx, c, func(info *workflow.WorkflowExecutionInfo) {
		group.Go(func() error {
			count, err := readRun(ctx, c, info)
			if err == nil {
				into <- typed{info.GetType().GetName(), count}
			}
			return err
		})
	})
	if failed := group.Wait(); failed != nil {
		return failed
	}
	return err
}

// eachRun calls f with every run in the namespace, a page at a time.
func eachRun(ctx context.Context, c client.Client, f func(*workflow.WorkflowExecutionInfo)) error {
	var token []byte
	for {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{NextPageToken: token})
		if err != nil {
			return fmt.Errorf("listing workflows: %w", err)
		}
		for _, info := range page.GetExecutions() {
			f(info)
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return nil
		}
	}
}

func readRun(ctx context.Context, c client.Client, info *workflow.WorkflowExecutionInfo) (*Count, error) {
	id, run := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
	described, err := c.DescribeWorkflowExecution(ctx, id, run) // a listing knows the length of closed runs only
	if err != nil {
		return nil, fmt.Errorf("describing %s: %w", id, err)
	}
	count := New()
	count.Begin(described.GetWorkflowExecutionInfo().GetHistoryLength(), described.GetWorkflowExecutionInfo().GetHistorySizeBytes())
	events := c.GetWorkflowHistory(ctx, id, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", id, err)
		}
		count.Add(event)
	}
	return count, nil
}
