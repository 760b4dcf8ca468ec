package workflows

import (
	"slices"
	"time"
)

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

// The steps, in their order. Those from RestoreStep on are the way back, in its order.
const (
	NoStep       Step = ""
	GrantStep    Step = "GRANT"
	ProveStep    Step = "PROVE" // only where a dry run proves the new settings first
	UpdateStep   Step = "UPDATE"
	RunStep      Step = "RUN"
	BaselineStep Step = "BASELINE"
	RevokeStep   Step = "REVOKE"

	RestoreStep        Step = "RESTORE"         // the old access is given again, and effective
	ReturnStep         Step = "RETURN"          // the recorded settings are put back
	ReturnRunStep      Step = "RETURN_RUN"      // a run under them is awaited
	ReturnBaselineStep Step = "RETURN_BASELINE" // the recorded baseline is put back, and compared with
)

// Action is what a plan does about a canary.
type Action string

// The actions. NoAction is a canary that is skipped or blocked.
const (
	NoAction   Action = ""
	Migrate    Action = "MIGRATE"
	RevokeOnly Action = "REVOKE_ONLY" // it is on the target, and its role still has old access
)

// Proving is how the new settings of a canary are proven.
type Proving string

// The ways of proving.
const (
	ByRun     Proving = "RUN"     // a direct update, and the next run
	ByDryRun  Proving = "DRY_RUN" // a dry run, its commit, and the next run
	ByDryOnly Proving = "DRY_RUN_ONLY"
	ByOneRun  Proving = "ONE_RUN" // a run that rekey starts; the canary is stopped again after it
	Unproven  Proving = "NONE"
)

// Canary is an item of a frozen plan, and how far its story has come.
type Canary struct {
	Cell Cell `json:"cell"`
	// Recorded is the canary when the plan was frozen.
	Recorded Settings `json:"recorded"`
	Action   Action   `json:"action,omitempty"`
	// To and ToLocation are what the canary is to have; both are set in full, also where one of them stays.
	To         Encryption `json:"to,omitzero"`
	ToLocation string     `json:"to_location,omitempty"`
	// ToBucketRegion is the Region of ToLocation's bucket.
	ToBucketRegion string  `json:"to_bucket_region,omitempty"`
	Proving        Proving `json:"proving,omitempty"`
	// Grants and Revokes are the access changes of the plan; nothing outside Revokes is ever removed. Left is old access
	// that was seen and stays; what of it has a document is given again on the way back, if another migration has removed it.
	Grants  []AccessChange `json:"grants,omitempty"`
	Revokes []AccessChange `json:"revokes,omitempty"`
	Left    []Left         `json:"left,omitempty"`
	// Viewers lose sight of new artifacts unless they are carried over.
	Viewers []Viewer `json:"viewers,omitempty"`
	// Notices are what the plan has to say about a canary that is migrated all the same.
	Notices []Problem `json:"notices,omitempty"`
	// Hold is why the old access is kept on purpose, known when the plan was frozen; Confirmed takes a hold away that
	// waits for the operator (ManagedByIaC).
	Hold      *Problem `json:"hold,omitempty"`
	Confirmed bool     `json:"confirmed,omitempty"`
	// RunTime is how long its last run went on when the plan was frozen, in AWS's time; zero where that is not known.
	RunTime time.Duration `json:"run_time,omitempty"`
	// RollBackUntil is until when the recorded baseline can be put back; zero where there is none.
	RollBackUntil time.Time `json:"roll_back_until,omitzero"`

	State CanaryState `json:"state"`
	Step  Step        `json:"step,omitempty"`
	// Wave is the number of the wave that takes it, nil for one that is not to be migrated or has none yet.
	Wave *int `json:"wave,omitempty"`
	// Turn is an instant, on Temporal's clock, at which its edit keeps its phase, as all that lie a multiple of its rate
	// before or after it; zero where it is edited at any time.
	Turn time.Time `json:"turn,omitzero"`
	// Asked says that its edit may have been asked for.
	Asked bool `json:"asked,omitempty"`
	// Begun is when its story began; Retries, how many times it was planned anew.
	Begun   time.Time `json:"begun,omitzero"`
	Retries int       `json:"retries,omitempty"`
	// Earlier is the canary as it rested before a retry planned it anew, until its story goes on: a retry that is cancelled
	// before leaves it so.
	Earlier *Canary `json:"earlier,omitempty"`
	// TurnBack says that an operator wants the canary put back, at its next safe point.
	TurnBack bool `json:"turn_back,omitempty"`
	// FailedBefore says that its last run failed before its wave began: how it does later says nothing.
	FailedBefore bool `json:"failed_before,omitempty"`
	// Excused says that no budget is charged with its failure.
	Excused bool `json:"excused,omitempty"`
	// Before is the state from which the way back began: that of a canary that can't be put back.
	Before CanaryState `json:"before,omitempty"`
	// Granted are the changes of the story as they were made; Withdrawn those of them that were taken back because the
	// canary did not stay on the new encryption.
	Granted   []AccessChange `json:"granted,omitempty"`
	Withdrawn []AccessChange `json:"withdrawn,omitempty"`
	// GrantedAt is since when (on AWS's clock) the youngest of the granted access has existed.
	GrantedAt time.Time `json:"granted_at,omitzero"`
	// DryRunsFrom is when (on AWS's clock) the dry runs of the story began: older ones prove nothing.
	DryRunsFrom time.Time `json:"dry_runs_from,omitzero"`
	DryRun      *DryRun   `json:"dry_run,omitempty"`
	// Started says that rekey started the canary for one run and owes it a stop.
	Started bool `json:"started,omitempty"`
	// Since is the instant on AWS's clock at which the last update of the canary was answered: only runs that
	// started at or after it count. Settled is when the update was seen to have settled.
	Since   time.Time `json:"since,omitzero"`
	Settled time.Time `json:"settled,omitzero"`
	// Quiet is the time on AWS's clock before which no run began that was seen to go on.
	Quiet time.Time `json:"quiet,omitzero"`
	// Deadline is the instant on Temporal's clock at which the wait of this step is given up.
	Deadline  time.Time  `json:"deadline,omitzero"`
	Proof     *Proof     `json:"proof,omitempty"`
	Baseline  *Baseline  `json:"baseline,omitempty"`
	OldAccess *OldAccess `json:"old_access,omitempty"`
	// Problem is why the canary rests where it does; on the way back, why it goes back.
	Problem *Problem  `json:"problem,omitempty"`
	Updated time.Time `json:"updated,omitzero"`
}

// IsHeld reports whether old access is held for the canary.
func (c Canary) IsHeld() bool { return c.OldAccess != nil && c.OldAccess.State == OldAccessHeld }

// IsTold reports whether one of the reasons is told of the canary: as its problem, of its old access, or as a notice.
func (c Canary) IsTold(reasons []Reason) bool {
	is := func(p Problem) bool { return slices.Contains(reasons, p.Reason) }
	return c.Problem != nil && is(*c.Problem) || c.Hold != nil && is(*c.Hold) ||
		c.OldAccess != nil && c.OldAccess.Held != nil && is(*c.OldAccess.Held) || slices.ContainsFunc(c.Notices, is)
}

// byHand are the reasons that ask somebody to act by hand, and at once.
var byHand = []Reason{AccessNotRestored, CanaryLeftRunning}

// IsByHand reports whether somebody has to see to the canary by hand, at once: a run misses access that could not be given again, or
// the canary may run on that was started for one run. A notice stays, whatever was done about it.
func (c Canary) IsByHand() bool { return c.IsTold(byHand) }

// Verdict is what the runs of a canary and their artifacts showed of the new settings; the API says what each means.
type Verdict string

// The verdicts.
const (
	NoVerdict           Verdict = ""
	Proven              Verdict = "PROVEN"
	ProvenRunFailed     Verdict = "PROVEN_RUN_FAILED"
	Denied              Verdict = "DENIED"
	VerdictInconclusive Verdict = "INCONCLUSIVE"
)

// Verdict is the judgement drawn from the canary's runs and their proof.
func (c Canary) Verdict() Verdict {
	switch {
	case c.Problem != nil && (c.Problem.Reason == AccessProblem || c.Problem.Reason == DryRunDenied):
		return Denied
	case c.Proof != nil && slices.ContainsFunc(c.Proof.Runs, func(r Run) bool { return !r.Passed() }):
		return ProvenRunFailed
	case c.Proof != nil:
		return Proven
	case c.Problem != nil && c.Problem.Reason == NotProvenInTime:
		return VerdictInconclusive
	}
	return NoVerdict
}

// DryRun is what became of a canary's dry run.
type DryRun struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"` // on AWS's clock
	// Runs are those that it made, one per browser, once they are complete.
	Runs []Run `json:"runs,omitempty"`
	// Committed says that the update was made by its id.
	Committed bool `json:"committed,omitempty"`
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
	// ManagedBy names the tool and stack that manage the canary, as its tags tell ("CloudFormation stack shop").
	ManagedBy string `json:"managed_by,omitempty"`
	// RetentionDays is how long the entries of passed runs are kept; 0 where it is not told.
	RetentionDays int `json:"retention_days,omitempty"`
	// BaselineAt is when the oldest run of the baseline started; zero where a run is not to be found any more.
	BaselineAt time.Time `json:"baseline_at,omitzero"`
}

// IgnoresAreas reports whether comparisons with the baseline ignore areas.
func (s Settings) IgnoresAreas() bool {
	return slices.ContainsFunc(s.Visual, func(v VisualReference) bool {
		return slices.ContainsFunc(v.Screenshots, func(shot Screenshot) bool { return len(shot.Ignore) > 0 })
	})
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
	// NextRun says that the update asked for the next run as the baseline: whether one has become it is not known.
	NextRun bool `json:"next_run,omitempty"`
	// Named says that runs were named as the baseline: whether they have become it is not known. AWS may have put the one of
	// before back.
	Named bool `json:"named,omitempty"`
}

// IsOld reports whether the baseline is the recorded one, as far as the migration is concerned; nil is.
func (b *Baseline) IsOld() bool {
	return b == nil || b.State == BaselineOld && !b.NextRun && !b.Named
}
