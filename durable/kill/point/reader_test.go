package point_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/command/v1"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/protocol/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"rekey/durable/kill/point"
	"rekey/durable/kill/scenario"
	"rekey/workflows"
)

// The shop's account in the seventh play, and a migration of it.
const (
	shop      = "200000000007"
	migration = "m-0123456789abcdefghij"
)

func payload(t *testing.T, v any) *common.Payload {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return &common.Payload{Data: text}
}

func payloads(t *testing.T, v any) *common.Payloads {
	t.Helper()
	return &common.Payloads{Payloads: []*common.Payload{payload(t, v)}}
}

// told is a reader that has seen the migration start, and a task of its cell given out.
func told(t *testing.T) *point.Reader {
	t.Helper()
	r := point.NewReader(scenario.Names{})
	start := &workflowservice.StartWorkflowExecutionRequest{
		WorkflowId: workflows.MigrationID(migration), WorkflowType: &common.WorkflowType{Name: workflows.MigrationWorkflow},
		Input: payloads(t, workflows.MigrationInput{ID: migration, Spec: workflows.Spec{
			DisplayName: "grants", Accounts: []string{shop},
		}}),
	}
	want := []point.Event{{Play: 7, Point: point.Point{
		Kind: point.Verb, What: "start Migration", Moment: point.Before, Subject: "grants",
	}}}
	if diff := cmp.Diff(want, r.Before(start)); diff != "" {
		t.Fatalf("the start of a migration (-want +got):\n%s", diff)
	}
	r.After(&workflowservice.PollWorkflowTaskQueueRequest{}, &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken: []byte("task"), WorkflowType: &common.WorkflowType{Name: workflows.CellWorkflow}, WorkflowExecution: cell(),
	})
	return r
}

func cell() *common.WorkflowExecution {
	id := workflows.CellID(migration, workflows.Cell{Account: shop, Region: "eu-west-1"})
	return &common.WorkflowExecution{WorkflowId: id, RunId: "run"}
}

// TestPointsOfAWorkflowTask has one point for each thing that a cell's task asks for, told apart by kind, and none for what is
// no boundary.
func TestPointsOfAWorkflowTask(t *testing.T) {
	r := told(t)
	acceptance, err := anypb.New(&update.Acceptance{AcceptedRequest: &update.Request{Input: &update.Input{
		Name: workflows.ClaimUpdate, Args: payloads(t, map[string]any{"holder": workflows.Holder{Migration: migration, Region: "eu-west-1"}}),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	request := &workflowservice.RespondWorkflowTaskCompletedRequest{
		TaskToken: []byte("task"),
		Commands: []*command.Command{
			activity(t, "1", workflows.UpdateCanaryActivity, "checkout: update to SSE_KMS"),
			activity(t, "2", workflows.EnsureAccessActivity, "give access to arn:aws:iam::"+shop+":role/one"),
			{CommandType: enums.COMMAND_TYPE_START_TIMER},
			{
				CommandType: enums.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
				Attributes: &command.Command_SignalExternalWorkflowExecutionCommandAttributes{
					SignalExternalWorkflowExecutionCommandAttributes: &command.SignalExternalWorkflowExecutionCommandAttributes{
						Execution:  &common.WorkflowExecution{WorkflowId: workflows.MigrationID(migration)},
						SignalName: workflows.ReportSignal, Input: payloads(t, workflows.CellReport{Phase: workflows.CellResting}),
					},
				},
			},
			{CommandType: enums.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION},
		},
		Messages: []*protocol.Message{{Body: acceptance}},
	}
	of := func(kind point.Kind, what, about string) point.Event {
		return point.Event{Play: 7, Point: point.Point{Kind: kind, What: what, Moment: point.After, Subject: "grants/shop/eu-west-1" + about}}
	}
	want := []point.Event{
		of(point.CanaryStep, "Cell begins UpdateCanary", ": checkout: update to SSE_KMS"),
		of(point.CellStep, "Cell begins EnsureAccess", ": give access to arn:aws:iam::shop:role/one"),
		of(point.CellStep, "Cell reports RESTING", ": grants"),
		of(point.HandOn, "Cell continues as new", ""),
		of(point.CellStep, "Cell takes claim", ": grants/eu-west-1"),
	}
	if diff := cmp.Diff(want, r.After(request, &workflowservice.RespondWorkflowTaskCompletedResponse{})); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

func activity(t *testing.T, id, kind, summary string) *command.Command {
	t.Helper()
	return &command.Command{
		CommandType:  enums.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
		UserMetadata: &sdk.UserMetadata{Summary: payload(t, summary)},
		Attributes: &command.Command_ScheduleActivityTaskCommandAttributes{
			ScheduleActivityTaskCommandAttributes: &command.ScheduleActivityTaskCommandAttributes{
				ActivityId: id, ActivityType: &common.ActivityType{Name: kind},
			},
		},
	}
}

// TestPointsOfAnActivity follows one from its task to its record; what the task is for was told when it was scheduled.
func TestPointsOfAnActivity(t *testing.T) {
	r := told(t)
	r.Before(&workflowservice.RespondWorkflowTaskCompletedRequest{TaskToken: []byte("task"), Commands: []*command.Command{
		activity(t, "1", workflows.UpdateCanaryActivity, "checkout: update to SSE_KMS"),
	}})
	task := &workflowservice.PollActivityTaskQueueResponse{
		TaskToken: []byte("activity"), WorkflowExecution: cell(), ActivityId: "1",
		ActivityType: &common.ActivityType{Name: workflows.UpdateCanaryActivity},
	}
	done := &workflowservice.RespondActivityTaskCompletedRequest{TaskToken: []byte("activity")}
	var got []point.Event
	got = append(got, r.After(&workflowservice.PollActivityTaskQueueRequest{}, task)...)
	got = append(got, r.Before(done)...)
	got = append(got, r.After(done, &workflowservice.RespondActivityTaskCompletedResponse{})...)
	var want []point.Event
	for _, moment := range []point.Moment{point.Ready, point.Before, point.After} {
		want = append(want, point.Event{Play: 7, Point: point.Point{
			Kind: point.Activity, What: "UpdateCanary", Moment: moment, Subject: "grants/shop/eu-west-1: checkout: update to SSE_KMS",
		}})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

// TestNothingOfOthers tells no points of what is no play's.
func TestNothingOfOthers(t *testing.T) {
	for name, request := range map[string]proto.Message{
		"another account's registry": &workflowservice.ExecuteMultiOperationRequest{Operations: []*workflowservice.ExecuteMultiOperationRequest_Operation{{
			Operation: &workflowservice.ExecuteMultiOperationRequest_Operation_UpdateWorkflow{
				UpdateWorkflow: &workflowservice.UpdateWorkflowExecutionRequest{
					WorkflowExecution: &common.WorkflowExecution{WorkflowId: workflows.RegistryID("123456789012")},
				},
			},
		}}},
		"an activity that nobody was given": &workflowservice.RespondActivityTaskCompletedRequest{TaskToken: []byte("other")},
		"a task that nobody was given":      &workflowservice.RespondWorkflowTaskCompletedRequest{TaskToken: []byte("other")},
		"a question":                        &workflowservice.QueryWorkflowRequest{},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(t).Before(request); len(got) > 0 {
				t.Errorf("got %v", got)
			}
		})
	}
}
