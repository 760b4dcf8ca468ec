package workflows

import "time"

// CompareInput asks how canaries of a cell that were migrated, and others that were not yet, did in their last runs. What
// failed before anything was migrated says nothing: whoever asks leaves it out of both.
type CompareInput struct {
	Cell     Cell      `json:"cell"`
	Migrated []Watched `json:"migrated,omitempty"`
	Control  []Watched `json:"control,omitempty"`
}

// Watched is a canary whose last run counts, if it started at or after Since (on AWS's clock; zero means any).
type Watched struct {
	Name  string    `json:"name"`
	Since time.Time `json:"since,omitzero"`
}

// Comparison counts canaries by their last complete runs. Those that have none that counts are left out.
type Comparison struct {
	Migrated RunShare `json:"migrated,omitzero"`
	Control  RunShare `json:"control,omitzero"`
	// Failing are the canaries of either group whose runs failed, by name, in order.
	Failing []string `json:"failing,omitempty"`
}
