package workflows

import "time"

// LastRunsInput asks when canaries of a cell ran last.
type LastRunsInput struct {
	Cell  Cell     `json:"cell"`
	Names []string `json:"names"`
}

// LastRuns are the last runs of those of the canaries that have one, by name. The answer of AWS was given at Dated, on its
// clock, and at At, on Temporal's.
type LastRuns struct {
	Dated time.Time `json:"dated"`
	At    time.Time `json:"at"`
	Runs  []LastRun `json:"runs,omitempty"`
}

// LastRun is when a canary ran last by its schedule.
type LastRun struct {
	Name string `json:"name"`
	// Due is when the run began, or (where it was repeated because it failed) when it was due; on AWS's clock.
	Due time.Time `json:"due"`
	// Took is how long it went on; 0 where that is not known.
	Took time.Duration `json:"took,omitempty"`
}
