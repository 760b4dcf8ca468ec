package service

import (
	"context"

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
func (t *Temporal) update(ctx context.Context, migration, name string, arg any) (workflows.MigrationView, error) {
	var view workflows.MigrationView
	handle, err := t.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflows.MigrationID(migration), UpdateName: name, Args: []any{arg},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &view)
	}
	return view, t.classify(ctx, err, "updating a migration", worker)
}
