package registry

import "context"

// Registries is what the activities ask of Temporal: an account's registry workflow, and whether workflows are
// open.
type Registries interface {
	// Update sends an update to the registry of an account, which is started when there is none, and reads its
	// answer into answer. The same id within a run of the registry is answered the same without being done again.
	Update(ctx context.Context, account, id, name string, arg, answer any) error
	// IsOpen reports whether the workflow of that id is open. One that is not known any more is not.
	IsOpen(ctx context.Context, workflowID string) (bool, error)
}
