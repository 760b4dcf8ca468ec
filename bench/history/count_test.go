package history

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
)

func scheduled(id int64, activity string) *history.HistoryEvent {
	return &history.HistoryEvent{
		EventId: id, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &history.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &history.ActivityTaskScheduledEventAttributes{ActivityType: &common.ActivityType{Name: activity}},
		},
	}
}

func started(id, of int64, attempt int32) *history.HistoryEvent {
	return &history.HistoryEvent{
		EventId: id, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_STARTED,
		Attributes: &history.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &history.ActivityTaskStartedEventAttributes{ScheduledEventId: of, Attempt: attempt},
		},
	}
}

func marker(id, task int64) *history.HistoryEvent {
	return &history.HistoryEvent{
		EventId: id, EventType: enums.EVENT_TYPE_MARKER_RECORDED,
		Attributes: &history.HistoryEvent_MarkerRecordedEventAttributes{
			MarkerRecordedEventAttributes: &history.MarkerRecordedEventAttributes{WorkflowTaskCompletedEventId: task},
		},
	}
}

func begun(from string) *history.HistoryEvent {
	return &history.HistoryEvent{
		EventId: 1, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{ContinuedExecutionRunId: from},
		},
	}
}

// TestActions counts as Temporal's documentation says that Cloud does.
func TestActions(t *testing.T) {
	plain := func(kind enums.EventType) *history.HistoryEvent {
		return &history.HistoryEvent{EventId: 2, EventType: kind}
	}
	for name, test := range map[string]struct {
		events []*history.HistoryEvent
		want   map[string]int64
	}{
		"a start":                {[]*history.HistoryEvent{begun("")}, map[string]int64{"start_workflow": 1}},
		"a run of the same work": {[]*history.HistoryEvent{begun("run")}, map[string]int64{"continue_as_new_workflow": 1}},
		"an activity whose third attempt is the last": {
			[]*history.HistoryEvent{scheduled(5, "Look"), started(6, 5, 3)},
			map[string]int64{"schedule_activity": 1, "retry_activity": 2},
		},
		"three markers of two workflow tasks": {
			[]*history.HistoryEvent{marker(5, 4), marker(6, 4), marker(10, 9)},
			map[string]int64{"record_activity_markers": 2},
		},
		"a signal, where it arrives": {
			[]*history.HistoryEvent{
				plain(enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED),
				plain(enums.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED),
				plain(enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED),
			},
			map[string]int64{"signal_workflow": 1},
		},
		"a timer": {
			[]*history.HistoryEvent{plain(enums.EVENT_TYPE_TIMER_STARTED), plain(enums.EVENT_TYPE_TIMER_FIRED)},
			map[string]int64{"start_timer": 1},
		},
		"workflow tasks cost nothing": {
			[]*history.HistoryEvent{plain(enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED), plain(enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := count(test.events)
			dropped := cmpopts.IgnoreMapEntries(func(_ string, n int64) bool { return n == 0 })
			if diff := cmp.Diff(test.want, got.Actions, dropped, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
}

func count(events []*history.HistoryEvent) *Count {
	c := New()
	c.Begin(int64(len(events)), 100)
	for _, event := range events {
		c.Add(event)
	}
	return c
}

// TestRetriesGoByActivity counts attempts to the activity that they are of, in each run anew: event ids are a run's own.
func TestRetriesGoByActivity(t *testing.T) {
	sum := count([]*history.HistoryEvent{scheduled(5, "Look"), started(6, 5, 2)})
	sum.Merge(count([]*history.HistoryEvent{scheduled(5, "Change"), started(6, 5, 4), scheduled(9, "Change")}))
	if diff := cmp.Diff(map[string]int64{"Look": 1, "Change": 3}, sum.Retries); diff != "" {
		t.Errorf("retries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"Look": 1, "Change": 2}, sum.Activities); diff != "" {
		t.Errorf("activities (-want +got):\n%s", diff)
	}
	if sum.Runs != 2 || sum.LongestEvents != 3 {
		t.Errorf("%d runs, the longest of %d events; want 2 and 3", sum.Runs, sum.LongestEvents)
	}
}
