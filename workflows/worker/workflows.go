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
	for name, f := range map[string]any{
		workflows.MigrationWorkflow: migration.Workflow,
		workflows.CellWorkflow:      cell.Workflow,
		workflows.RegistryWorkflow:  registry.Workflow,
		workflows.KeyWorkflow:       key.Workflow,
		workflows.FleetWorkflow:     fleet.Summary,
		workflows.CensusWorkflow:    fleet.Census,
		workflows.SelectionWorkflow: fleet.Selection,
	} {
		r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
}
