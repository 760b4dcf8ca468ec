package service

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"rekey/workflows"
)

// Approve updates a migration.
func (t *Temporal) Approve(ctx context.Context, migration string, approval workflows.Approval) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.ApproveUpdate, approval)
}

// Cancel updates a migration.
func (t *Temporal) Cancel(ctx context.Context, migration string, cancellation workflows.Cancellation) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.CancelUpdate, cancellation)
}

// RollBack updates a migration.
func (t *Temporal) RollBack(ctx context.Context, migration string, rollBack workflows.RollBack) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.RollBackUpdate, rollBack)
}

// Confirm updates a migration.
func (t *Temporal) Confirm(ctx context.Context, migration string, confirmation workflows.Confirmation) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.ConfirmUpdate, confirmation)
}

// Pause updates a migration.
func (t *Temporal) Pause(ctx context.Context, migration string, pause workflows.Pause) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.PauseUpdate, pause)
}

// Resume updates a migration.
func (t *Temporal) Resume(ctx context.Context, migration string, resume workflows.Resume) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.ResumeUpdate, resume)
}

// Retry updates a migration.
func (t *Temporal) Retry(ctx context.Context, migration string, retry workflows.Retry) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.RetryUpdate, retry)
}

// Advance updates a migration.
func (t *Temporal) Advance(ctx context.Context, migration string, advance workflows.Advance) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.AdvanceUpdate, advance)
}

// ChangeRollout updates a migration.
func (t *Temporal) ChangeRollout(ctx context.Context, migration string, change workflows.RolloutChange) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.RolloutUpdate, change)
}

// Close updates a migration.
func (t *Temporal) Close(ctx context.Context, migration string, closing workflows.Closing) (workflows.MigrationView, error) {
	return t.update(ctx, migration, workflows.CloseUpdate, closing)
}

// update waits until the migration has carried out an update. Each call is an update of its own: the handlers do
// nothing the second time, and answer with the migration as it is then.
//
// An update is held against the state as it was before what the workflow was told since; a query shows what came of that
// already. So a caller who has seen the new state, after a worker was away for a while, may be refused for the old one: the
// update that says which it was is asked for once more where the migration has left it.
func (t *Temporal) update(ctx context.Context, migration, name string, arg any) (workflows.MigrationView, error) {
	view, err := t.updateOnce(ctx, migration, name, arg)
	if refused, ok := errors.AsType[*workflows.Problem](err); ok && refused.Reason == workflows.WrongState &&
		t.hasLeft(ctx, migration, refused.Metadata["state"]) {
		return t.updateOnce(ctx, migration, name, arg)
	}
	return view, err
}

// hasLeft reports whether a migration is seen in another state.
func (t *Temporal) hasLeft(ctx context.Context, migration, state string) bool {
	view, err := t.Migration(ctx, migration)
	return err == nil && string(view.State) != state
}

// attempts is how often an update is sent whose workflow task fails. When something comes while a run hands on, Temporal
// refuses the task's completion, and gives up the update that was part of it (FailedPrecondition; Temporal server,
// service/history/workflow/update/abort_reason.go). The task is repeated, the update is not.
const attempts = 3

func (t *Temporal) updateOnce(ctx context.Context, migration, name string, arg any) (workflows.MigrationView, error) {
	for attempt := 1; ; attempt++ {
		view, err := t.send(ctx, migration, name, arg)
		if _, givenUp := errors.AsType[*serviceerror.WorkflowNotReady](err); !givenUp || attempt == attempts {
			return view, t.classify(ctx, err, "updating a migration", worker)
		}
	}
}

func (t *Temporal) send(ctx context.Context, migration, name string, arg any) (workflows.MigrationView, error) {
	var view workflows.MigrationView
	handle, err := t.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflows.MigrationID(migration), UpdateName: name, Args: []any{arg},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &view)
	}
	return view, err
}
