package service_test

import (
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rekey/service/servicetest"
	"rekey/workflows"
)

// cellCanaries is what a stand-in for a migration is told of a cell.
type cellCanaries struct {
	Cell     workflows.Cell
	Canaries []workflows.Canary
}

// standInMigration is servicetest.StandIn as a workflow, which signals tell what to do.
func standInMigration(ctx workflow.Context, in workflows.MigrationInput) error {
	m := servicetest.NewStandIn(in, workflow.Now(ctx))
	if in.Resume != nil {
		m.View = in.Resume.View
	}
	err := errors.Join(
		workflow.SetQueryHandler(ctx, workflows.MigrationQuery, func() (workflows.MigrationView, error) { return m.View, nil }),
		workflow.SetQueryHandler(ctx, workflows.CellsQuery, func(filter workflows.CellsFilter) (workflows.CellsPage, error) {
			return m.CellsPage(filter), nil
		}),
		handle(ctx, &m, workflows.ApproveUpdate, (*servicetest.StandIn).Approve),
		handle(ctx, &m, workflows.CancelUpdate, (*servicetest.StandIn).Cancel),
		handle(ctx, &m, workflows.RollBackUpdate, (*servicetest.StandIn).RollBack),
		handle(ctx, &m, workflows.ConfirmUpdate, (*servicetest.StandIn).Confirm),
		handle(ctx, &m, workflows.PauseUpdate, (*servicetest.StandIn).Pause),
		handle(ctx, &m, workflows.ResumeUpdate, (*servicetest.StandIn).Resume),
		handle(ctx, &m, workflows.RetryUpdate, (*servicetest.StandIn).Retry),
		handle(ctx, &m, workflows.AdvanceUpdate, (*servicetest.StandIn).Advance),
		handle(ctx, &m, workflows.RolloutUpdate, (*servicetest.StandIn).ChangeRollout),
		handle(ctx, &m, workflows.CloseUpdate, (*servicetest.StandIn).Close),
	)
	if err != nil {
		return err
	}
	return standInSignals(ctx, in, &m)
}

// handle registers a verb: a validator that tries it on a copy and refuses, so that no refusal gets into the history, and a
// handler that carries it out.
func handle[In any](ctx workflow.Context, m *servicetest.StandIn, name string, do func(*servicetest.StandIn, In, time.Time) error) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, name,
		func(ctx workflow.Context, in In) (workflows.MigrationView, error) {
			err := do(m, in, workflow.Now(ctx))
			return m.View, refuse(err)
		},
		workflow.UpdateHandlerOptions{Validator: func(ctx workflow.Context, in In) error {
			tried, err := copyOf(m)
			if err != nil {
				return err
			}
			return refuse(do(&tried, in, workflow.Now(ctx)))
		}})
}

func copyOf(m *servicetest.StandIn) (servicetest.StandIn, error) {
	tried := servicetest.StandIn{Canaries: map[workflows.Cell][]workflows.Canary{}}
	raw, err := json.Marshal(m.View)
	if err == nil {
		err = json.Unmarshal(raw, &tried.View)
	}
	for cell, canaries := range m.Canaries {
		tried.SetCanaries(cell, canaries)
	}
	return tried, err
}

// refuse is a problem as workflows fail with it.
func refuse(err error) error {
	problem, ok := errors.AsType[*workflows.Problem](err)
	if !ok {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(problem.Message, string(problem.Reason), temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{problem},
	})
}

// standInSignals does as it is told, until it is told to end or has been closed.
func standInSignals(ctx workflow.Context, in workflows.MigrationInput, m *servicetest.StandIn) error {
	var err error
	ended := false
	told := workflow.NewSelector(ctx).
		AddReceive(workflow.GetSignalChannel(ctx, "plan"), func(c workflow.ReceiveChannel, _ bool) {
			m.View.Plan, m.View.State = &workflows.Plan{}, workflows.AwaitingApproval
			c.Receive(ctx, &m.View.Plan.Digest)
			err = workflow.UpsertTypedSearchAttributes(ctx,
				temporal.NewSearchAttributeKeyKeyword(workflows.StateAttribute).ValueSet(string(m.View.State)))
		}).
		AddReceive(workflow.GetSignalChannel(ctx, "canaries"), func(c workflow.ReceiveChannel, _ bool) {
			var cell cellCanaries
			c.Receive(ctx, &cell)
			m.SetCanaries(cell.Cell, cell.Canaries)
		}).
		AddReceive(workflow.GetSignalChannel(ctx, "hand-on"), func(c workflow.ReceiveChannel, _ bool) {
			c.Receive(ctx, nil)
			in.Resume = &workflows.MigrationResume{View: m.View}
			err = workflow.NewContinueAsNewError(ctx, workflows.MigrationWorkflow, in)
		}).
		AddReceive(workflow.GetSignalChannel(ctx, "end"), func(c workflow.ReceiveChannel, _ bool) {
			c.Receive(ctx, nil)
			ended = true
		})
	for err == nil && !ended && m.View.State != workflows.ClosedState {
		waited := workflow.Await(ctx, func() bool { return told.HasPending() || m.View.State == workflows.ClosedState })
		if waited != nil {
			return waited
		}
		if told.HasPending() {
			told.Select(ctx)
		}
	}
	return err
}

// standInCell answers as the cell workflow does.
func standInCell(ctx workflow.Context, canaries []workflows.Canary) error {
	err := errors.Join(
		workflow.SetQueryHandler(ctx, workflows.CanariesQuery, func(filter workflows.CanariesFilter) (workflows.CanariesPage, error) {
			return servicetest.CanariesPage(canaries, filter), nil
		}),
		workflow.SetQueryHandler(ctx, workflows.CanaryQuery, func(name string) (*workflows.Canary, error) {
			return servicetest.Canary(canaries, name), nil
		}),
		workflow.SetQueryHandler(ctx, workflows.ReturnsQuery, func(in workflows.ReturnsInput) (workflows.ReturnsPage, error) {
			return servicetest.Returns(canaries, in.Part, in.Now), nil
		}),
	)
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return false })
}
