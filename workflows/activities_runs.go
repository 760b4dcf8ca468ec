package workflows

import "time"

// Waiting is a canary of which a completed run is awaited, one per browser, that started at or after Since.
type Waiting struct {
	Name     string    `json:"name"`
	ID       string    `json:"id"`
	Since    time.Time `json:"since"`
	Browsers []string  `json:"browsers,omitempty"`
	// After are runs that have been looked at: only others make the canary ready.
	After []string `json:"after,omitempty"`
	// Likely is when, on AWS's clock, the run is likely to be over; zero where nothing tells. It only says when to look.
	Likely time.Time `json:"likely,omitzero"`
	// Prove asks that the objects of its runs be looked at, too; nil for none.
	Prove *Wanted `json:"prove,omitempty"`
}

// AwaitRunsInput asks which of the waiting canaries have runs to look at. While none has, the activity fails
// with NotYet.
type AwaitRunsInput struct {
	Cell    Cell      `json:"cell"`
	Waiting []Waiting `json:"waiting"`
	Poll    Poll      `json:"poll"`
	// Last says that the waits are over: what AWS refuses of the whole cell ends the activity.
	Last bool `json:"last,omitempty"`
}

// ReadyRuns are the canaries that have runs to look at.
type ReadyRuns struct {
	Ready []Ready `json:"ready"`
}

// Ready is a canary with its completed runs since the wait's beginning, newest first, without those that had
// been looked at. Gone says that the canary was deleted instead; Problem, why its runs can't be read.
type Ready struct {
	Name string `json:"name"`
	Runs []Run  `json:"runs,omitempty"`
	Gone bool   `json:"gone,omitempty"`
	// Quiet is the time (on AWS's clock) before which no run of the canary began that still goes on; zero where that is not known.
	Quiet   time.Time `json:"quiet,omitzero"`
	Problem *Problem  `json:"problem,omitempty"`
	// Proofs are what the objects of the runs carry, in their order, where that was asked for.
	Proofs []RunProof `json:"proofs,omitempty"`
}

// ProveInput asks what the artifacts of runs carry.
type ProveInput struct {
	Cell         Cell       `json:"cell"`
	Name         string     `json:"name"`
	BucketRegion string     `json:"bucket_region"`
	Runs         []Run      `json:"runs"`
	Want         Encryption `json:"want"`
	// WantLocation is where the runs' artifacts are to be, as "bucket/prefix".
	WantLocation string `json:"want_location"`
	// Before are the settings before the update: a run with those is followed by a look at the canary, whether AWS has
	// put them back. Nil for none.
	Before *Settings `json:"before,omitempty"`
}

// Finding is what the artifacts of a run carry.
type Finding string

// The findings.
const (
	RightKey    Finding = "RIGHT_KEY"    // every object that was looked at has the wanted encryption and place
	WrongKey    Finding = "WRONG_KEY"    // at least one object has another encryption, or the run wrote elsewhere
	NoObject    Finding = "NO_OBJECT"    // the run left no objects
	NotReadable Finding = "NOT_READABLE" // the objects could not be listed or looked at
)

// RunProof is what the artifacts of one run carry.
type RunProof struct {
	// Reverted says that the canary was found with its old settings after a run with the wrong key.
	Reverted   bool       `json:"reverted,omitempty"`
	Run        Run        `json:"run"`
	Finding    Finding    `json:"finding"`
	Encryption Encryption `json:"encryption,omitzero"` // of the last object that was looked at
	Objects    int        `json:"objects"`
}

// Wanted is what the artifacts of a canary's runs are to carry.
type Wanted struct {
	BucketRegion string     `json:"bucket_region,omitempty"`
	Encryption   Encryption `json:"encryption"`
	// Location is where the artifacts are to be, as "bucket/prefix".
	Location string `json:"location"`
	// Before are the settings before the update, as in ProveInput; nil for none.
	Before *Placed `json:"before,omitempty"`
}

// Placed is how and where artifacts are kept.
type Placed struct {
	Encryption Encryption `json:"encryption"`
	Location   string     `json:"location"`
}

// Prove is the question what the artifacts of runs of a canary carry.
func (w Wanted) Prove(cell Cell, name, id string, runs []Run) ProveInput {
	in := ProveInput{
		Cell: cell, Name: name, BucketRegion: w.BucketRegion, Runs: runs, Want: w.Encryption, WantLocation: w.Location,
	}
	if w.Before != nil {
		in.Before = &Settings{ID: id, Name: name, From: w.Before.Encryption, Location: w.Before.Location}
	}
	return in
}
