package worker

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/cell"
	"rekey/workflows/fleet"
	"rekey/workflows/key"
	"rekey/workflows/migration"
	"rekey/workflows/registry"
)

// RegisterWorkflows registers every workflow under the name that the contract gives it.
func RegisterWorkflows(r worker.WorkflowRegistry) {
	for name, kind := range kinds {
		r.RegisterWorkflowWithOptions(kind.workflow, workflow.RegisterOptions{Name: name, VersioningBehavior: kind.behavior})
	}
}

// Which version of a worker carries out a workflow that was begun by another, where workers are versioned.
const (
	// pinned workflows stay on the version that began the run. They hand on to the current one.
	pinned = workflow.VersioningBehaviorPinned
	// upgraded workflows go on with the current version in the midst of a run, so that their changes are patched
	// (workflow.GetVersion).
	upgraded = workflow.VersioningBehaviorAutoUpgrade
)

// kinds are the workflows by name. A registry and the owner of a key serve the migrations of every version and are never at
// an end while there are some, so no version of theirs would ever drain; a selection is asked for its pages after it has
// ended, and one that were pinned would need a worker of its version for that.
var kinds = map[string]struct {
	workflow any
	behavior workflow.VersioningBehavior
}{
	workflows.MigrationWorkflow: {migration.Workflow, pinned},
	workflows.CellWorkflow:      {cell.Workflow, pinned},
	workflows.RegistryWorkflow:  {registry.Workflow, upgraded},
	workflows.KeyWorkflow:       {key.Workflow, upgraded},
	workflows.FleetWorkflow:     {fleet.Summary, pinned},
	workflows.CensusWorkflow:    {fleet.Census, pinned},
	workflows.SelectionWorkflow: {fleet.Selection, upgraded},
}
