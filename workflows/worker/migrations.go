package worker

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"rekey/workflows"
)

// migrations are the migrations of a Temporal namespace.
type migrations struct {
	client client.Client
}

// Gate implements gate.Migrations. A migration that is closed, or not known any more, holds nothing. The memo of one that is open
// has its gate, and is read without its worker. One that has no notice there is asked: where its worker does not know the
// query, because it is of an older version, it gives no answer until that is replaced.
func (m migrations) Gate(ctx context.Context, migration string) (workflows.Gate, error) {
	described, err := m.client.DescribeWorkflowExecution(ctx, workflows.MigrationID(migration), "")
	var unknown *serviceerror.NotFound
	switch {
	case errors.As(err, &unknown):
		return workflows.Gate{}, nil
	case err != nil:
		return workflows.Gate{}, fmt.Errorf("gate of migration %s: %w", migration, err)
	}
	info := described.GetWorkflowExecutionInfo()
	if notice, ok := noticeIn(info.GetMemo()); ok && info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return notice.Gate, nil
	}
	return m.ask(ctx, migration)
}

// noticeIn is the gate that a memo shows, if it does.
func noticeIn(memo *common.Memo) (workflows.GateNotice, bool) {
	var notice workflows.GateNotice
	payload := memo.GetFields()[workflows.GateMemo]
	if payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &notice) != nil {
		return notice, false
	}
	return notice, !notice.Ask
}

// ask asks the migration itself.
func (m migrations) ask(ctx context.Context, migration string) (workflows.Gate, error) {
	answer, err := m.client.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: workflows.MigrationID(migration), QueryType: workflows.GateQuery,
		QueryRejectCondition: enums.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	var open workflows.Gate
	var unknown *serviceerror.NotFound
	switch {
	case errors.As(err, &unknown):
		return open, nil
	case err != nil:
		return open, fmt.Errorf("gate of migration %s: %w", migration, err)
	case answer.QueryRejected != nil:
		return open, nil
	}
	err = answer.QueryResult.Get(&open)
	return open, err
}
