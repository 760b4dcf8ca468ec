package service_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// standInFleet registers workflows that do as those of the census do as far as the service can see: they read a world.
func standInFleet(w worker.Worker, world *servicetest.World) {
	register := func(name string, f any) { w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	register("look", world.Look)
	register("sum", world.Sum)
	register("resolve", func(context.Context) ([]workflows.FleetCell, error) {
		cells, problem := world.Resolve()
		if problem == nil {
			return cells, nil
		}
		return nil, temporal.NewApplicationErrorWithOptions(problem.Message, string(problem.Reason), temporal.ApplicationErrorOptions{
			NonRetryable: true, Details: []any{problem},
		})
	})
	for name, f := range map[string]any{
		workflows.CensusWorkflow: standInCensus, workflows.SelectionWorkflow: standInSelection, workflows.FleetWorkflow: standInSummary,
	} {
		w.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
}

func do[Out any](ctx workflow.Context, name string, args ...any) (Out, error) {
	var out Out
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	err := workflow.ExecuteActivity(ctx, name, args...).Get(ctx, &out)
	return out, err
}

func standInCensus(ctx workflow.Context, in workflows.CensusPageInput) (workflows.CensusPage, error) {
	if err := workflow.SetQueryHandler(ctx, workflows.AliveQuery, func() (bool, error) { return true, nil }); err != nil {
		return workflows.CensusPage{}, err
	}
	return do[workflows.CensusPage](ctx, "look", in)
}

func standInSelection(ctx workflow.Context, _ workflows.ResolveSelectionInput) error {
	var cells []workflows.FleetCell
	answer := func(f workflows.SelectedFilter) ([]workflows.FleetCell, error) { return f.Take(cells), nil }
	err := workflow.SetQueryHandler(ctx, workflows.SelectedQuery, answer)
	if err == nil {
		cells, err = do[[]workflows.FleetCell](ctx, "resolve")
	}
	return err
}

func standInSummary(ctx workflow.Context, in workflows.FleetInput) (workflows.FleetSummary, error) {
	var sum workflows.FleetSummary
	err := workflow.SetQueryHandler(ctx, workflows.FleetQuery, func() (workflows.FleetSummary, error) { return sum, nil })
	if err != nil {
		return sum, err
	}
	cells, _ := in.Selection.Listed()
	return do[workflows.FleetSummary](ctx, "sum", cells)
}

// TestTemporalTellsASlowCensusFromNone awaits what nobody does: that there is no worker is told, not that AWS is slow.
func TestTemporalTellsASlowCensusFromNone(t *testing.T) {
	c := startTemporal(t)
	subject := service.NewTemporal(c, client.DefaultNamespace)
	in := workflows.CensusPageInput{Census: workflows.CensusInput{Cell: workflows.Cell{Account: "777777777777", Region: "eu-west-1"}}}
	selection := workflows.ResolveSelectionInput{Organization: true, EnabledRegions: true}
	const summary = "00000000000000000000"
	census, err := subject.BeginCensus(t.Context(), in)
	selected, err2 := subject.BeginSelection(t.Context(), selection)
	if err := errors.Join(err, err2, subject.BeginSummary(t.Context(), summary, workflows.FleetInput{})); err != nil {
		t.Fatal(err)
	}
	if err := subject.BeginSummary(t.Context(), summary, workflows.FleetInput{}); !errors.Is(err, service.ErrAlreadyStarted) {
		t.Errorf("beginning a summary twice: %v", err)
	}
	for what, await := range map[string]func(context.Context) error{
		"a census":    func(ctx context.Context) error { _, err := subject.AwaitCensus(ctx, in, census); return err },
		"a selection": func(ctx context.Context) error { return subject.AwaitSelection(ctx, selection, selected) },
		"a summary":   func(ctx context.Context) error { _, err := subject.AwaitSummary(ctx, summary); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := await(ctx); !errors.Is(err, service.ErrNoWorker) {
			t.Errorf("awaiting %s: %v, want ErrNoWorker", what, err)
		}
	}
}
