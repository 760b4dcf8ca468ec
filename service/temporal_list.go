package service

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"rekey/workflows"
)

// Migrations lists by visibility. Of a migration that continued as new only the latest run is listed.
func (t *Temporal) Migrations(ctx context.Context, listing Listing) (Page, error) {
	answer, err := t.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace:     t.namespace,
		PageSize:      int32(listing.Size),
		NextPageToken: listing.Token,
		Query:         visibilityQuery(listing.States),
	})
	if err != nil {
		return Page{}, t.classify(ctx, err, "listing migrations", nobody)
	}
	page := Page{Next: answer.GetNextPageToken()}
	for _, execution := range answer.GetExecutions() {
		id, ok := strings.CutPrefix(execution.GetExecution().GetWorkflowId(), workflows.MigrationID(""))
		if !ok {
			continue // somebody's own, of the same type
		}
		record := readMemo(execution.GetMemo(), execution.GetStartTime().AsTime())
		summary := Summary{ID: id, DisplayName: record.DisplayName, Created: record.Created}
		read(execution.GetSearchAttributes().GetIndexedFields()[workflows.StateAttribute], &summary.State)
		page.Migrations = append(page.Migrations, summary)
	}
	return page, nil
}

// visibilityQuery selects migrations. States are values of the contract, so that they need no escaping.
func visibilityQuery(states []workflows.State) string {
	query := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus != 'ContinuedAsNew'", workflows.MigrationWorkflow)
	if len(states) == 0 {
		return query
	}
	quoted := make([]string, len(states))
	for i, state := range states {
		quoted[i] = "'" + string(state) + "'"
	}
	return fmt.Sprintf("%s AND %s IN (%s)", query, workflows.StateAttribute, strings.Join(quoted, ", "))
}

// readMemo reads what Start recorded. A migration that was not started by Start shows when its run began.
func readMemo(memo *common.Memo, started time.Time) Record {
	record := Record{Created: started}
	var created string
	read(memo.GetFields()[workflows.DisplayNameMemo], &record.DisplayName)
	read(memo.GetFields()[workflows.RequestMemo], &record.Request)
	read(memo.GetFields()[createdMemo], &created)
	if at, err := time.Parse(time.RFC3339Nano, created); err == nil {
		record.Created = at
	}
	return record
}

// read decodes a payload of a listing. One that is not there, or can't be read, leaves the value as it is: a listing
// with a gap is better than none.
func read(payload *common.Payload, value any) {
	if payload != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, value)
	}
}
