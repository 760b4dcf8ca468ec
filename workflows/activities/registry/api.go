package registry

import (
	"context"

	"rekey/workflows"
)

// Registries is what the activities ask of Temporal: an account's registry workflow, and whether workflows are
// open.
type Registries interface {
	// Update sends an update to the registry of an account, which is started when there is none, and reads its
	// answer into answer. The same id within a run of the registry is answered the same without being done again.
	Update(ctx context.Context, account, id, name string, arg, answer any) error
	// Claims answers who has claimed canaries of an account, by their ids. It starts no registry: where there is none, nothing
	// is claimed.
	Claims(ctx context.Context, account string, canaries []string) (map[string]workflows.Holder, error)
	// IsOpen reports whether the workflow of that id is open. One that is not known any more is not.
	IsOpen(ctx context.Context, workflowID string) (bool, error)
}

// Keys are the owners of keys' policies.
type Keys interface {
	// Edit tells the owner of a key's policy of an edit, and answers how far it is. Telling it again changes nothing; the
	// same id within a run of the owner is answered the same.
	Edit(ctx context.Context, id string, edit workflows.KeyEdit) (workflows.KeyEditState, error)
}
