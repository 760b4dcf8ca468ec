package history

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
)

// actions are the billable actions of an event, by the type of the event (Temporal's documentation, "Temporal Cloud
// Actions"). The start of a child counts twice, for the intent and for the attempt: here the second is the start that the
// child's own history shows. What is not here costs nothing, or is counted by act.
var actions = map[enums.EventType]string{
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:               "start_workflow",
	enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: "start_child_workflow",
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED:       "update_workflow_options",
	enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:        "upsert_workflow_search_attributes",
	enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:                  "schedule_activity",
	enums.EVENT_TYPE_TIMER_STARTED:                            "start_timer",
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:              "signal_workflow",
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:       "accept_workflow_update",
	enums.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED:                "schedule_nexus_operation",
	enums.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED:         "request_nexus_operation_cancellation",
}

// act counts the billable actions of an event.
func (c *Count) act(event *history.HistoryEvent) {
	if name := actions[event.GetEventType()]; name != "" {
		c.Actions[name]++
	}
	if event.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != "" {
		c.Actions["start_workflow"]--
		c.Actions["continue_as_new_workflow"]++
	}
	// Only the last attempt of an activity has an event, which tells the number of the attempt.
	if again := int64(event.GetActivityTaskStartedEventAttributes().GetAttempt()) - 1; again > 0 {
		c.Actions["retry_activity"] += again
	}
	// All markers of a workflow task are one action.
	if task := event.GetMarkerRecordedEventAttributes().GetWorkflowTaskCompletedEventId(); task > c.marked {
		c.marked = task
		c.Actions["record_activity_markers"]++
	}
}
