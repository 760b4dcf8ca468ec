package service

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"

	"rekey/workflows"
)

// createdMemo is a migration's creation in its memo, in RFC 3339: a listing shows the start of the workflow's latest
// run, and a migration that continued as new is older than that.
const createdMemo = "create_time"

var stateAttribute = temporal.NewSearchAttributeKeyKeyword(workflows.StateAttribute)

// Temporal is Workflows by a Temporal client.
type Temporal struct {
	client    client.Client
	namespace string
	prepared  atomic.Bool
}

// NewTemporal returns Workflows by a client for a namespace. The client may be a lazy one.
func NewTemporal(c client.Client, namespace string) *Temporal {
	return &Temporal{client: c, namespace: namespace}
}

// Start starts a migration. Its id is used once and never again, whatever became of the first: a request that is
// repeated must not migrate twice.
func (t *Temporal) Start(ctx context.Context, start Start) error {
	_, err := t.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       workflows.MigrationID(start.Input.ID),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		// Else the client would quietly return the other one.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo: map[string]any{
			workflows.DisplayNameMemo: start.DisplayName,
			workflows.RequestMemo:     start.Request,
			createdMemo:               start.Created.UTC().Format(time.RFC3339Nano),
		},
		TypedSearchAttributes: temporal.NewSearchAttributes(stateAttribute.ValueSet(string(workflows.Planning))),
	}, workflows.MigrationWorkflow, start.Input)
	if isInvalid(err) && !t.prepared.Load() {
		return fmt.Errorf("%w: its search attributes are not registered: %w", ErrUnavailable, err)
	}
	return t.classify(ctx, err, "starting a migration", nobody)
}

// Recorded reads a migration's memo.
func (t *Temporal) Recorded(ctx context.Context, migration string) (Record, error) {
	description, err := t.client.DescribeWorkflow(ctx, workflows.MigrationID(migration), "")
	if err != nil {
		return Record{}, t.classify(ctx, err, "describing a migration", nobody)
	}
	return readMemo(description.Memo, description.WorkflowStartTime), nil
}

// Migration queries a migration.
func (t *Temporal) Migration(ctx context.Context, migration string) (workflows.MigrationView, error) {
	return query[workflows.MigrationView](ctx, t, workflows.MigrationID(migration), workflows.MigrationQuery)
}

// Cells queries a migration for a page of its cells.
func (t *Temporal) Cells(ctx context.Context, migration string, filter workflows.CellsFilter) (workflows.CellsPage, error) {
	return query[workflows.CellsPage](ctx, t, workflows.MigrationID(migration), workflows.CellsQuery, filter)
}

// Canaries queries a cell for a page of its canaries.
func (t *Temporal) Canaries(ctx context.Context, migration string, cell workflows.Cell, filter workflows.CanariesFilter) (workflows.CanariesPage, error) {
	return query[workflows.CanariesPage](ctx, t, workflows.CellID(migration, cell), workflows.CanariesQuery, filter)
}

// Canary queries a cell for one canary.
func (t *Temporal) Canary(ctx context.Context, migration string, cell workflows.Cell, name string) (*workflows.Canary, error) {
	return query[*workflows.Canary](ctx, t, workflows.CellID(migration, cell), workflows.CanaryQuery, name)
}

// Returns queries a cell for what a roll back would do.
func (t *Temporal) Returns(ctx context.Context, migration string, cell workflows.Cell, part workflows.Part) (workflows.ReturnsPage, error) {
	return query[workflows.ReturnsPage](ctx, t, workflows.CellID(migration, cell), workflows.ReturnsQuery,
		workflows.ReturnsInput{Part: part, Now: time.Now()})
}

// query asks a workflow, running or ended, a question.
func query[T any](ctx context.Context, t *Temporal, workflow, name string, args ...any) (T, error) {
	return queryRun[T](ctx, t, workflow, "", name, args...)
}

// queryRun asks a run of a workflow a question; no run means the latest.
func queryRun[T any](ctx context.Context, t *Temporal, workflow, run, name string, args ...any) (T, error) {
	var answer T
	value, err := t.client.QueryWorkflow(ctx, workflow, run, name, args...)
	for codeOfService(err) == codes.DeadlineExceeded && ctx.Err() == nil {
		// The client gives an attempt half of the time that is left, and the caller gave all of it.
		value, err = t.client.QueryWorkflow(ctx, workflow, run, name, args...)
	}
	if err == nil {
		err = value.Get(&answer)
	}
	return answer, t.classify(ctx, err, "querying a workflow", worker)
}

// Prepare registers the search attributes, which Temporal takes as done where they are there already.
func (t *Temporal) Prepare(ctx context.Context) error {
	if err := t.Check(ctx); err != nil {
		return err
	}
	_, err := t.client.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: t.namespace,
		SearchAttributes: map[string]enums.IndexedValueType{
			workflows.StateAttribute:   enums.INDEXED_VALUE_TYPE_KEYWORD,
			workflows.AccountAttribute: enums.INDEXED_VALUE_TYPE_KEYWORD,
			workflows.RegionAttribute:  enums.INDEXED_VALUE_TYPE_KEYWORD,
		},
	})
	if err != nil && !isAlreadyThere(err) {
		return fmt.Errorf("registering the search attributes %s in namespace %s: %w", strings.Join([]string{
			workflows.StateAttribute, workflows.AccountAttribute, workflows.RegionAttribute,
		}, ", "), t.namespace, err)
	}
	t.prepared.Store(true)
	return nil
}

// Check asks Temporal's own health service.
func (t *Temporal) Check(ctx context.Context) error {
	if _, err := t.client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}
