package worker

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"rekey/workflows"
)

// migrations are the migrations of a Temporal namespace.
type migrations struct {
	client client.Client
}

// Gate implements gate.Migrations. A migration that is closed, or not known any more, holds nothing. One whose worker does
// not know the query, because it is of an older version, gives no answer until that is replaced.
func (m migrations) Gate(ctx context.Context, migration string) (workflows.Gate, error) {
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
