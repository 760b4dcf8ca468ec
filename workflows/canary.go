package workflows

import "time"

// CanaryState is how far a canary is.
type CanaryState string

// The states of a canary; the API's CanaryState says what each means.
const (
	Pending         CanaryState = "PENDING"
	Migrating       CanaryState = "MIGRATING"
	Migrated        CanaryState = "MIGRATED"
	Skipped         CanaryState = "SKIPPED"
	Blocked         CanaryState = "BLOCKED"
	CanaryFailed    CanaryState = "FAILED"
	Returned        CanaryState = "RETURNED"
	Unverified      CanaryState = "UNVERIFIED"
	CanaryCancelled CanaryState = "CANCELLED"
)

// Step is one of the five steps of a canary's story.
type Step string

// The steps, in their order. ReturnStep puts a canary back to its recorded settings after an access problem.
const (
	NoStep       Step = ""
	GrantStep    Step = "GRANT"
	UpdateStep   Step = "UPDATE"
	RunStep      Step = "RUN"
	BaselineStep Step = "BASELINE"
	RevokeStep   Step = "REVOKE"
	ReturnStep   Step = "RETURN"
)

// Canary is an item of a frozen plan, and how far its story has come.
type Canary struct {
	Cell Cell `json:"cell"`
	// Recorded is the canary when the plan was frozen.
	Recorded Settings   `json:"recorded"`
	To       Encryption `json:"to,omitzero"`
	// Grants and Revokes are the access changes of the plan; nothing outside Revokes is ever removed.
	Grants  []AccessChange `json:"grants,omitempty"`
	Revokes []AccessChange `json:"revokes,omitempty"`

	State CanaryState `json:"state"`
	Step  Step        `json:"step,omitempty"`
	// Granted are the grants of the story with their ids; Withdrawn those of them that were taken back because the
	// canary did not stay on the new encryption.
	Granted   []AccessChange `json:"granted,omitempty"`
	Withdrawn []AccessChange `json:"withdrawn,omitempty"`
	// Since is the instant on AWS's clock at which the last update of the canary was answered: only runs that
	// started at or after it count.
	Since time.Time `json:"since,omitzero"`
	// Deadline is the instant on Temporal's clock at which the wait of this step is given up.
	Deadline  time.Time  `json:"deadline,omitzero"`
	Proof     *Proof     `json:"proof,omitempty"`
	Baseline  *Baseline  `json:"baseline,omitempty"`
	OldAccess *OldAccess `json:"old_access,omitempty"`
	Problem   *Problem   `json:"problem,omitempty"`
	Updated   time.Time  `json:"updated,omitzero"`
}

// Visual reports whether the canary has a baseline.
func (c Canary) Visual() bool { return len(c.Recorded.Visual) > 0 }

// Settings are a canary's settings as Synthetics tells them, as far as a migration reads or restores them.
type Settings struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	State   string     `json:"state"` // of Synthetics: RUNNING, STOPPED, …
	Runtime string     `json:"runtime"`
	RoleARN string     `json:"role_arn"`
	From    Encryption `json:"from"`
	// Location is where artifacts go, as "bucket/prefix"; BucketRegion is that bucket's Region.
	Location     string            `json:"location"`
	BucketRegion string            `json:"bucket_region,omitempty"`
	Visual       []VisualReference `json:"visual,omitempty"`
	// Browsers are the canary's browsers; empty for a canary that names none (it runs Chrome).
	Browsers []string `json:"browsers,omitempty"`
	// EnvironmentKeyARN encrypts the environment variables of the canary's function; its role needs that key too.
	EnvironmentKeyARN string `json:"environment_key_arn,omitempty"`
	// PrimaryRegion is set for a replica of a multi-location canary; Replicas for the primary of one.
	PrimaryRegion string   `json:"primary_region,omitempty"`
	Replicas      []string `json:"replicas,omitempty"`
	Schedule      string   `json:"schedule,omitempty"`
}

// VisualReference is the baseline of one browser. Browser is empty for a canary that names none.
type VisualReference struct {
	BaseRunID   string       `json:"base_run_id"`
	Browser     string       `json:"browser,omitempty"`
	Screenshots []Screenshot `json:"screenshots,omitempty"`
}

// Screenshot is one image of a baseline, with the areas that a comparison ignores.
type Screenshot struct {
	Name   string   `json:"name"`
	Ignore []string `json:"ignore,omitempty"`
}

// AccessChange is a grant on a key for a role. GrantID is empty while the grant does not exist.
type AccessChange struct {
	RoleARN   string `json:"role_arn"`
	KeyARN    string `json:"key_arn"`
	GrantName string `json:"grant_name,omitempty"`
	GrantID   string `json:"grant_id,omitempty"`
}

// Proof is what the artifacts of runs showed.
type Proof struct {
	Runs       []Run      `json:"runs"`
	Encryption Encryption `json:"encryption"`
	Objects    int        `json:"objects"`
}

// Run is one run of a canary in one browser, as Synthetics tells it.
type Run struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser,omitempty"`
	Started time.Time `json:"started"`
	// State is RUNNING, PASSED or FAILED; ReasonCode is CANARY_FAILURE, EXECUTION_FAILURE or empty.
	State      string `json:"state"`
	ReasonCode string `json:"reason_code,omitempty"`
	Reason     string `json:"reason,omitempty"`
	TestResult string `json:"test_result,omitempty"`
	// Location is where its artifacts are, as "bucket/prefix".
	Location string `json:"location,omitempty"`
}

// Passed reports whether the run passed.
func (r Run) Passed() bool { return r.State == "PASSED" }

// BaselineState is how far a baseline is.
type BaselineState string

// The states of a baseline.
const (
	BaselineOld       BaselineState = "OLD"
	BaselineSet       BaselineState = "SET"
	BaselineConfirmed BaselineState = "CONFIRMED"
)

// Baseline is what became of a canary's baseline. Runs are those that it was taken from.
type Baseline struct {
	State BaselineState `json:"state"`
	Runs  []Run         `json:"runs,omitempty"`
}

// OldAccessState says whether old access was removed.
type OldAccessState string

// The states of old access.
const (
	OldAccessNone    OldAccessState = "NONE"
	OldAccessRevoked OldAccessState = "REVOKED"
	OldAccessHeld    OldAccessState = "HELD"
)

// OldAccess is what became of a role's access to the old key.
type OldAccess struct {
	State   OldAccessState `json:"state"`
	Revoked []AccessChange `json:"revoked,omitempty"`
	Held    *Problem       `json:"held,omitempty"`
}
