// Package designs measures what ways of telling a canary's story cost of Temporal, side by side in one run: history events,
// billable actions and CPU of server and worker per canary, and canaries per second. The Temporal server, the workflows and
// the registries are the real ones; AWS is left out, and every call on it is answered at once, so that nothing but Temporal
// is compared.
package designs

import "rekey/workflows"

// Design is a way of telling the stories of a cell's canaries.
type Design struct {
	Name string
	// Gives says in a line what is given up in a crash, and what the history looks like.
	Gives string
	// Format is that of the migration's workflows; 0 where they are not the product's.
	Format int
	// Fan is the workflow that brings a cell's canaries to their end; empty for the product's migration.
	Fan string
	// Lean is whether activities do several steps in one, in workflows that are not the product's.
	Lean bool
	// Local are the activities that are made as local ones.
	Local []string
	// Polled has activities come by the task queue always, instead of eagerly with the workflow task's answer.
	Polled bool
}

// changes are the short activities of a story that are safe to repeat.
var changes = []string{
	workflows.EnsureAccessActivity, workflows.UpdateCanaryActivity, workflows.ConfirmUpdateActivity,
	workflows.ApplyUpdateActivity, workflows.ProveRunsActivity,
}

// all are the designs, the product's first.
var all = []Design{
	{
		Name: "cell", Format: workflows.NewestFormat,
		Gives: "The product: coroutines in the cell's workflow, several steps in one activity. A crash repeats one activity of a canary, which reads first; the history has a line per canary and step that changes something.",
	},
	{
		Name: "cell-step-by-step", Format: workflows.FormatRollout,
		Gives: "Coroutines, one activity a step, every change reported: as before FormatLean. The same in a crash; a longer history, with a line for every look.",
	},
	{
		Name: "cell-polled", Format: workflows.NewestFormat, Polled: true,
		Gives: "The product without eager activities: each is handed out by the task queue.",
	},
	{
		Name: "cell-local", Format: workflows.NewestFormat, Local: changes,
		Gives: "Short activities run in the workflow's worker. A crash repeats all of a workflow task, of all canaries, waits hold the worker, and nothing of them is seen until they end: no summaries, no pending activities.",
	},
	{
		Name: "child", Fan: childrenWorkflow, Lean: true,
		Gives: "A child workflow per canary, several steps in one activity. An id that locks and a history for each canary; without the registry, the reports and the revoke that the product's rows include.",
	},
	{
		Name: "child-step-by-step", Fan: childrenWorkflow,
		Gives: "A child workflow per canary, one activity a step. As child.",
	},
	{
		Name: "batched", Fan: batchesWorkflow, Lean: true,
		Gives: "One activity gives access to, or updates, all canaries of a cell. A crash repeats the whole batch, one canary that waits holds up the others, and a canary can't be paused, cancelled or read about alone.",
	},
}
