package registry

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"rekey/workflows"
)

// Temporal is the registries of a Temporal namespace.
type Temporal struct {
	Client client.Client
}

// Update implements Registries.
func (t Temporal) Update(ctx context.Context, account, id, name string, arg, answer any) error {
	err := t.updateWithStart(ctx, owner{
		workflows.RegistryID(account), workflows.RegistryWorkflow, workflows.RegistryInput{Account: account},
	}, id, name, arg, answer)
	if err != nil {
		return fmt.Errorf("registry of account %s, %s: %w", account, name, err)
	}
	return nil
}

// Edit implements Keys.
func (t Temporal) Edit(ctx context.Context, id string, edit workflows.KeyEdit) (workflows.KeyEditState, error) {
	var state workflows.KeyEditState
	key := edit.Change.KeyARN
	err := t.updateWithStart(ctx, owner{workflows.KeyID(key), workflows.KeyWorkflow, workflows.KeyInput{KeyARN: key}}, id, workflows.EditUpdate, edit, &state)
	if err != nil {
		return state, fmt.Errorf("owner of key %s: %w", key, err)
	}
	return state, nil
}

// owner is a workflow that owns something shared, of which there is one.
type owner struct {
	id, kind string
	in       any
}

// updateWithStart is one call that starts the owner or finds it running, so that there is nothing to check first.
func (t Temporal) updateWithStart(ctx context.Context, o owner, id, name string, arg, answer any) error {
	start := t.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID:                       o.id,
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, // there is one owner
	}, o.kind, o.in)
	handle, err := t.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID:     id,
			UpdateName:   name,
			Args:         []any{arg},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, answer)
}

// Claims implements Registries. A registry that is closed, or not known any more, was empty when it ended.
func (t Temporal) Claims(ctx context.Context, account string, canaries []string) (map[string]workflows.Holder, error) {
	answer, err := t.Client.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: workflows.RegistryID(account), QueryType: workflows.LocksQuery, Args: []any{canaries},
		QueryRejectCondition: enums.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	var claims map[string]workflows.Holder
	var unknown *serviceerror.NotFound
	switch {
	case errors.As(err, &unknown):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("registry of account %s, claims: %w", account, err)
	case answer.QueryRejected != nil:
		return nil, nil
	}
	err = answer.QueryResult.Get(&claims)
	return claims, err
}

// IsOpen implements Registries. A workflow that continued as new is open in its latest run, which is the one that
// is described.
func (t Temporal) IsOpen(ctx context.Context, workflowID string) (bool, error) {
	description, err := t.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	var unknown *serviceerror.NotFound
	switch {
	case errors.As(err, &unknown):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("workflow %s: %w", workflowID, err)
	}
	switch description.GetWorkflowExecutionInfo().GetStatus() {
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, enums.WORKFLOW_EXECUTION_STATUS_FAILED,
		enums.WORKFLOW_EXECUTION_STATUS_CANCELED, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED,
		enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return false, nil
	default:
		return true, nil
	}
}
