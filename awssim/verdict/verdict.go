// Package verdict judges what happened to a world's canaries from its journal: which runs were lost, which
// failed, and which of those the migration caused. It knows nothing of whoever migrated.
package verdict

import (
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/s3"
)

// Policies are the world's, frozen before anything changed.
type Policies interface {
	CheckPut(p identity.Principal, in s3.PutInput) error
	CheckGet(p identity.Principal, bucket, key string, e s3.Encryption) error
	Authorize(r authz.Request) error
}

// Canary is a canary as it was at the beginning.
type Canary struct {
	ARN  string `json:"arn"`
	Role string `json:"role"`
	// Running says that its schedule was on.
	Running bool `json:"-"`
	// Every is the time between two runs of a rate schedule, zero for others; Limit is how long a run may take.
	Every time.Duration `json:"-"`
	Limit time.Duration `json:"-"`
	// Bucket and Prefix are where its artifacts went, Encryption what they were written with.
	Bucket     string        `json:"-"`
	Prefix     string        `json:"-"`
	Encryption s3.Encryption `json:"-"`
	// Visual canaries also read a baseline, which lay under the same encryption.
	Visual bool `json:"-"`
	// EnvironmentKey is the key of its environment variables, empty for none of its own.
	EnvironmentKey string `json:"-"`
}

// Gap is a time without a run that should have had one: it is longer than the canary's interval plus the
// longest that a run may take.
type Gap struct {
	// From is the start of the last run before it, or the start of the schedule; Until is the start of the
	// next one, or the end of what was looked at.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Allowed is the interval plus the timeout, in seconds.
	Allowed float64 `json:"allowed_seconds"`
	// Lost is how many firings fell into it, at least 1.
	Lost int `json:"lost"`
}

// Failure is a failed run.
type Failure struct {
	Run     string    `json:"run"`
	Started time.Time `json:"started"`
	// Code is CANARY_FAILURE or EXECUTION_FAILURE.
	Code string `json:"code"`
	// Refused is what the run was refused: "artifacts", "baseline" or "environment"; Why is why its script failed: "site",
	// "variance" or "timeout".
	Refused string `json:"refused,omitempty"`
	Why     string `json:"why,omitempty"`
	// Unusable is the ARN of the key whose state refused it.
	Unusable string `json:"unusable,omitempty"`
	// Others is what somebody else did that the refusal comes from: the action's IAM name, for example kms:DisableKey.
	Others string `json:"others,omitempty"`
	// Caused says that the migration caused it: it was refused something, with the canary's initial settings
	// under the initial policies it would have been allowed, and nobody else brought the refusal about.
	Caused bool `json:"caused_by_migration"`

	role  string // that it ran as
	ended time.Time
}

// Outcome is one canary's story.
type Outcome struct {
	Canary
	Runs     int       `json:"runs"`
	Gaps     []Gap     `json:"gaps,omitempty"`
	Failures []Failure `json:"failures,omitempty"`
	// Wrote is what the latest run's artifacts are encrypted with: AES256 or a key's ARN.
	Wrote string `json:"wrote,omitempty"`
	// Edits, RolledBack and DryRuns count.
	Edits      int `json:"edits"`
	RolledBack int `json:"rolled_back,omitempty"`
	DryRuns    int `json:"dry_runs,omitempty"`
}

// Verdict is the judgement over all canaries.
type Verdict struct {
	// Until is the simulated time up to which the journal was complete.
	Until time.Time `json:"until"`
	// Canaries is how many there are, Runs how many runs of schedules have ended.
	Canaries int `json:"canaries"`
	Runs     int `json:"runs"`
	// Lost, Failed and Caused count lost runs, failed runs, and failed runs that the migration caused.
	Lost   int `json:"runs_lost"`
	Failed int `json:"runs_failed"`
	Caused int `json:"runs_failed_because_of_migration"`
	// Variance counts runs whose screenshots differed from the baseline: a migration that loses ignore areas
	// shows here.
	Variance int `json:"runs_failed_by_visual_variance"`
	// Outcomes are in order of the canaries' ARNs: all of them, or those with gaps and failures only.
	Outcomes []Outcome `json:"outcomes"`
}
