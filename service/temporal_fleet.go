package service

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"

	"rekey/workflows"
)

// How long workflows of the census may take at the most, the wait for a worker included: nobody waits longer, and what was
// begun while no worker ran must not pile up for the first that does.
const (
	longestLook    = 10 * time.Minute
	longestSummary = 2 * time.Hour
)

// BeginSelection starts a workflow, or finds one of the same selection that runs.
func (t *Temporal) BeginSelection(ctx context.Context, in workflows.ResolveSelectionInput) (string, error) {
	return t.share(ctx, workflows.SelectionID(in), workflows.SelectionWorkflow, in)
}

// AwaitSelection waits for a workflow's end.
func (t *Temporal) AwaitSelection(ctx context.Context, in workflows.ResolveSelectionInput, run string) error {
	return t.await(ctx, workflows.SelectionID(in), run, nil, workflows.SelectedQuery, workflows.SelectedFilter{})
}

// Selected queries a workflow that has ended.
func (t *Temporal) Selected(ctx context.Context, in workflows.ResolveSelectionInput, run string, filter workflows.SelectedFilter) ([]workflows.FleetCell, error) {
	return queryRun[[]workflows.FleetCell](ctx, t, workflows.SelectionID(in), run, workflows.SelectedQuery, filter)
}

// BeginCensus starts a workflow, or finds one of the same page that runs.
func (t *Temporal) BeginCensus(ctx context.Context, in workflows.CensusPageInput) (string, error) {
	return t.share(ctx, workflows.CensusID(in), workflows.CensusWorkflow, in)
}

// AwaitCensus waits for a workflow's result.
func (t *Temporal) AwaitCensus(ctx context.Context, in workflows.CensusPageInput, run string) (workflows.CensusPage, error) {
	var page workflows.CensusPage
	err := t.await(ctx, workflows.CensusID(in), run, &page, workflows.AliveQuery)
	return page, err
}

// share starts a short workflow, or finds the one of that id that runs. One that has ended is not shared: what it read is
// of the past.
func (t *Temporal) share(ctx context.Context, id, kind string, in any) (string, error) {
	run, err := t.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.TaskQueue, WorkflowExecutionTimeout: longestLook,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, kind, in)
	if err != nil {
		return "", t.classify(ctx, err, "beginning to read the fleet", nobody)
	}
	return run.GetRunID(), nil
}

// BeginSummary starts a workflow.
func (t *Temporal) BeginSummary(ctx context.Context, id string, in workflows.FleetInput) error {
	_, err := t.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.FleetID(id), TaskQueue: workflows.TaskQueue, WorkflowExecutionTimeout: longestSummary,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, workflows.FleetWorkflow, in)
	return t.classify(ctx, err, "beginning a summary", nobody)
}

// AwaitSummary waits for a workflow's result.
func (t *Temporal) AwaitSummary(ctx context.Context, id string) (workflows.FleetSummary, error) {
	var summary workflows.FleetSummary
	err := t.await(ctx, workflows.FleetID(id), "", &summary, workflows.FleetQuery)
	return summary, err
}

// Summary queries a workflow.
func (t *Temporal) Summary(ctx context.Context, id string) (workflows.FleetSummary, error) {
	return query[workflows.FleetSummary](ctx, t, workflows.FleetID(id), workflows.FleetQuery)
}

// await waits for the result of a run, or of the latest run of a workflow. When the time is up, whether a worker is at it is
// found out by a question that it answers.
func (t *Temporal) await(ctx context.Context, id, run string, result any, question string, args ...any) error {
	awaited := t.client.GetWorkflow(ctx, id, run)
	err := awaited.Get(ctx, result)
	for isLate(err) && ctx.Err() == nil { // Temporal ended its part a moment before the time is up here
		err = awaited.Get(ctx, result)
	}
	if temporal.IsTimeoutError(err) { // of the workflow: no worker took it in all that time
		return errors.Join(ErrNoWorker, err)
	}
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return t.classify(ctx, err, "reading the fleet", nobody)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reachable)
	defer cancel()
	if _, err := queryRun[any](ctx, t, id, run, question, args...); err != nil {
		return err
	}
	return ErrNotYet
}

func isLate(err error) bool {
	code := codeOfService(err)
	return code == codes.DeadlineExceeded || code == codes.Canceled
}
