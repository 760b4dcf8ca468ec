package point

import (
	"encoding/json"
	"strings"

	commandpb "go.temporal.io/api/command/v1"
	"go.temporal.io/api/enums/v1"
	protocolpb "go.temporal.io/api/protocol/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rekey/workflows"
)

// completed are the points of a workflow task: a boundary lies wherever the workflow asks for something, or records it.
func (r *Reader) completed(request *workflowservice.RespondWorkflowTaskCompletedRequest, moment Moment) []Event {
	o, ok := r.tasks[string(request.GetTaskToken())]
	if !ok {
		return nil
	}
	var events []Event
	add := func(kind Kind, what, subject string) {
		if subject != "" {
			subject = ": " + subject
		}
		events = append(events, Event{o.play, Point{kind, o.kind + " " + what, moment, o.name + subject}})
	}
	for _, command := range request.GetCommands() {
		r.command(o, command, add)
	}
	for _, message := range request.GetMessages() {
		if name, args := accepted(message); name != "" {
			add(stepOf(o.kind), "takes "+name, r.subject(args))
		}
	}
	return events
}

// command adds the point of a command; timers and markers are none.
func (r *Reader) command(o owner, command *commandpb.Command, add func(kind Kind, what, subject string)) {
	switch command.GetCommandType() {
	case enums.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
		summary := r.summarize(o, command)
		add(kindOf(o.kind, summary), "begins "+command.GetScheduleActivityTaskCommandAttributes().GetActivityType().GetName(), summary)
	case enums.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
		child := command.GetStartChildWorkflowExecutionCommandAttributes()
		_, name := r.workflow(child.GetWorkflowId())
		add(stepOf(o.kind), "starts "+child.GetWorkflowType().GetName(), name)
	case enums.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
		signal := command.GetSignalExternalWorkflowExecutionCommandAttributes()
		_, name := r.workflow(signal.GetExecution().GetWorkflowId())
		add(stepOf(o.kind), told(signal.GetSignalName(), data(signal.GetInput())), name)
	case enums.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		attributes := command.GetUpsertWorkflowSearchAttributesCommandAttributes().GetSearchAttributes().GetIndexedFields()
		var state string
		if json.Unmarshal(attributes[workflows.StateAttribute].GetData(), &state) == nil && state != "" {
			add(stepOf(o.kind), "enters "+state, "")
		}
	case enums.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
		add(HandOn, "continues as new", "")
	case enums.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION:
		add(stepOf(o.kind), "ends", "")
	default:
	}
}

// told is what a signal between a migration and its cells says.
func told(signal string, input []byte) string {
	switch signal {
	case workflows.ReportSignal:
		var report workflows.CellReport
		_ = json.Unmarshal(input, &report) // what can't be read has no phase
		return "reports " + string(report.Phase)
	case workflows.DirectSignal:
		var directive workflows.Directive
		_ = json.Unmarshal(input, &directive)
		switch {
		case directive.Bake != nil:
			return "directs the bake"
		case len(directive.Tasks) > 0:
			return "directs a task"
		}
		return "directs the wave"
	}
	return "signals " + signal
}

// accepted is an update that the workflow takes, with what it is about.
func accepted(message *protocolpb.Message) (name string, args []byte) {
	acceptance := &updatepb.Acceptance{}
	if message.GetBody().UnmarshalTo(acceptance) != nil {
		return "", nil
	}
	input := acceptance.GetAcceptedRequest().GetInput()
	return input.GetName(), data(input.GetArgs())
}

// subject is whom an update of a registry or of a key's owner is for.
func (r *Reader) subject(args []byte) string {
	var of struct {
		Holder workflows.Holder
		Change workflows.AccessChange
	}
	if json.Unmarshal(args, &of) != nil {
		return ""
	}
	if of.Holder.Migration == "" {
		return r.names.Common(of.Change.RoleARN)
	}
	return r.migrations[workflows.MigrationID(of.Holder.Migration)].name + "/" + of.Holder.Region
}

// kindOf tells the steps of canaries from those of their cells: the summary of a canary's begins with its name.
func kindOf(workflow, summary string) Kind {
	if name, _, of := strings.Cut(summary, ": "); of && workflow == workflows.CellWorkflow && !strings.Contains(name, " ") {
		return CanaryStep
	}
	return stepOf(workflow)
}

func stepOf(workflow string) Kind {
	switch workflow {
	case workflows.CellWorkflow:
		return CellStep
	case workflows.RegistryWorkflow, workflows.KeyWorkflow:
		return Registry
	default:
		return MigrationStep
	}
}

// started is a migration that the server starts.
func (r *Reader) started(request *workflowservice.StartWorkflowExecutionRequest, moment Moment) []Event {
	r.begun(request.GetWorkflowId(), request.GetInput())
	play, name := r.workflow(request.GetWorkflowId())
	if play == 0 {
		return nil
	}
	return []Event{{play, Point{Verb, "start " + request.GetWorkflowType().GetName(), moment, name}}}
}

// verb is an update that the server asks for.
func (r *Reader) verb(request *workflowservice.UpdateWorkflowExecutionRequest, moment Moment) []Event {
	play, name := r.workflow(request.GetWorkflowExecution().GetWorkflowId())
	if play == 0 {
		return nil
	}
	return []Event{{play, Point{Verb, request.GetRequest().GetInput().GetName(), moment, name}}}
}

// asked is an update that the worker asks for of a workflow that it starts unless it runs.
func (r *Reader) asked(request *workflowservice.ExecuteMultiOperationRequest, moment Moment) []Event {
	for _, operation := range request.GetOperations() {
		update := operation.GetUpdateWorkflow()
		play, name := r.workflow(update.GetWorkflowExecution().GetWorkflowId())
		if play == 0 {
			continue
		}
		input := update.GetRequest().GetInput()
		return []Event{{play, Point{Registry, "asks for " + input.GetName(), moment, name + ": " + r.subject(data(input.GetArgs()))}}}
	}
	return nil
}
