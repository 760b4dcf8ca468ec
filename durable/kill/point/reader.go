package point

import (
	"encoding/json"
	"strings"
	"sync"

	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rekey/workflows"
)

// Names are how a play's own names become those that all plays share.
type Names interface {
	// Play finds the number of the play whose account a text names; 0 for none.
	Play(text string) int
	// Common is the text with names that all plays of the scenario share.
	Common(text string) string
}

// Reader reads points from the messages between Temporal and its clients. It remembers whose the tasks are, since what
// answers a task names only its token. It is safe for concurrent use.
type Reader struct {
	names Names

	mu         sync.Mutex
	migrations map[string]migration // by the id of the workflow
	summaries  map[string]string    // of activities, by workflow, run and activity id
	activities map[string]Event     // tasks by their tokens
	tasks      map[string]owner
}

// migration is one of a play.
type migration struct {
	play int
	name string // that all plays share
}

// owner is the workflow that a workflow task is of.
type owner struct {
	play          int
	id, run, kind string
	name          string // of the workflow, that all plays share
}

// NewReader makes a reader.
func NewReader(names Names) *Reader {
	return &Reader{
		names: names, migrations: map[string]migration{}, summaries: map[string]string{},
		activities: map[string]Event{}, tasks: map[string]owner{},
	}
}

// Before are the points that lie before a request takes effect.
func (r *Reader) Before(request any) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(request, Before)
}

// After are the points that lie between a request's effect and its answer.
func (r *Reader) After(request, answer any) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.of(request, After)
	switch answer := answer.(type) {
	case *workflowservice.PollActivityTaskQueueResponse:
		events = append(events, r.given(answer)...)
	case *workflowservice.PollWorkflowTaskQueueResponse:
		r.note(answer)
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		r.note(answer.GetWorkflowTask())
		for _, task := range answer.GetActivityTasks() {
			events = append(events, r.given(task)...)
		}
	}
	return events
}

// of are a request's points of a moment.
func (r *Reader) of(request any, moment Moment) []Event {
	switch request := request.(type) {
	case *workflowservice.RespondActivityTaskCompletedRequest:
		if e, ok := r.activities[string(request.GetTaskToken())]; ok {
			e.Moment = moment
			return []Event{e}
		}
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		return r.completed(request, moment)
	case *workflowservice.StartWorkflowExecutionRequest:
		return r.started(request, moment)
	case *workflowservice.UpdateWorkflowExecutionRequest:
		return r.verb(request, moment)
	case *workflowservice.ExecuteMultiOperationRequest:
		return r.asked(request, moment)
	}
	return nil
}

// note remembers whose a workflow task is.
func (r *Reader) note(task *workflowservice.PollWorkflowTaskQueueResponse) {
	if len(task.GetTaskToken()) == 0 || task.GetQuery() != nil {
		return
	}
	id := task.GetWorkflowExecution().GetWorkflowId()
	if play, name := r.workflow(id); play != 0 {
		r.tasks[string(task.GetTaskToken())] = owner{
			play: play, id: id, run: task.GetWorkflowExecution().GetRunId(), kind: task.GetWorkflowType().GetName(), name: name,
		}
	}
}

// given is an activity that the server has given to a worker.
func (r *Reader) given(task *workflowservice.PollActivityTaskQueueResponse) []Event {
	execution := task.GetWorkflowExecution()
	play, name := r.workflow(execution.GetWorkflowId())
	if play == 0 {
		return nil
	}
	subject := name
	if summary := r.summaries[activityKey(execution.GetWorkflowId(), execution.GetRunId(), task.GetActivityId())]; summary != "" {
		subject += ": " + summary
	}
	e := Event{play, Point{Activity, task.GetActivityType().GetName(), Ready, subject}}
	r.activities[string(task.GetTaskToken())] = e
	return []Event{e}
}

// workflow finds the play that a workflow is of, and its name in all plays.
func (r *Reader) workflow(id string) (int, string) {
	parts := strings.SplitN(id, "/", 3)
	if len(parts) > 1 && parts[0] == "migration" {
		m, ok := r.migrations["migration/"+parts[1]]
		if !ok {
			return 0, ""
		}
		if len(parts) == 3 {
			return m.play, m.name + "/" + r.names.Common(parts[2])
		}
		return m.play, m.name
	}
	return r.names.Play(id), r.names.Common(id)
}

// begun remembers a migration. Its display name is "<what all plays share>", and its spec names the play's accounts.
func (r *Reader) begun(id string, input *commonpb.Payloads) {
	var in workflows.MigrationInput
	text := data(input)
	if _, known := r.migrations[id]; known || json.Unmarshal(text, &in) != nil {
		return
	}
	if play := r.names.Play(string(text)); play != 0 {
		r.migrations[id] = migration{play, in.Spec.DisplayName}
	}
}

// data is the first payload.
func data(payloads *commonpb.Payloads) []byte {
	if list := payloads.GetPayloads(); len(list) > 0 {
		return list[0].GetData()
	}
	return nil
}

// summarize remembers what an activity that is begun is for.
func (r *Reader) summarize(o owner, command *commandpb.Command) string {
	var summary string
	if json.Unmarshal(command.GetUserMetadata().GetSummary().GetData(), &summary) != nil {
		return ""
	}
	summary = r.names.Common(summary)
	id := command.GetScheduleActivityTaskCommandAttributes().GetActivityId()
	r.summaries[activityKey(o.id, o.run, id)] = summary
	return summary
}

func activityKey(workflow, run, activity string) string { return workflow + " " + run + " " + activity }
