package workflows

import "time"

// EvidenceVersion is the format of the files of an export. Fields may be added to it; what a field means does not change.
const EvidenceVersion = "rekey.evidence/v1"

// MigrationEvidence is migration.json: what was asked for, what was planned, who let it run and steered it, and how the
// waves were judged.
type MigrationEvidence struct {
	// The format, "rekey.evidence/v1".
	Version string `json:"version"`
	// The kind of file, "migration".
	Kind string `json:"kind"`
	// The id of the migration.
	MigrationID string `json:"migration_id"`
	// Its name for people.
	DisplayName string `json:"display_name,omitempty"`
	// Whether only a plan was asked for.
	ValidateOnly bool `json:"validate_only,omitempty"`
	// The state in which the evidence was written: one in which the migration rests.
	State State `json:"state"`
	// Why it is in that state.
	StateReason string `json:"state_reason,omitempty"`
	// When it was created.
	CreateTime time.Time `json:"create_time"`
	// Who created it.
	Creator EvidenceCaller `json:"creator"`
	// When every canary rested.
	EndTime time.Time `json:"end_time,omitzero"`
	// Until when the first of the recorded baselines can be put back.
	RollBackUntil time.Time `json:"roll_back_until,omitzero"`
	// What was asked for, with defaults filled in.
	Request EvidenceRequest `json:"request"`
	// The plan that ran, absent where none was frozen.
	Plan *EvidencePlan `json:"plan,omitempty"`
	// The approvals of that plan, in the order in which they were given.
	Approvals []EvidenceApproval `json:"approvals"`
	// The verbs that steered the migration, oldest first, at most the last 200.
	Controls []EvidenceControl `json:"controls"`
	// The waves, in their order, with their judgements.
	Waves []EvidenceWave `json:"waves"`
	// The failure budget of the whole.
	Budget BudgetState `json:"budget"`
	// How many accounts, Regions and cells the selection came to.
	Selected Selected `json:"selected,omitzero"`
	// How many canaries ended in each state.
	Outcomes map[CanaryState]int `json:"outcomes"`
	// How many migrated canaries have their old access held.
	Held int `json:"held"`
	// What kept cells from being planned, at most 20 of them; the cells' own files have all.
	CellProblems []Problem `json:"cell_problems,omitempty"`
}

// EvidenceCaller is who called.
type EvidenceCaller struct {
	// The name; empty where none was given.
	Name string `json:"name"`
	// Whether the name comes from a client certificate.
	Verified bool `json:"verified"`
}

// EvidenceRequest is what a migration was asked for.
type EvidenceRequest struct {
	// The accounts and Regions that were selected by name.
	Accounts []string `json:"account_ids,omitempty"`
	Regions  []string `json:"regions,omitempty"`
	// The organizational units whose accounts were selected.
	OUs []string `json:"organizational_unit_ids,omitempty"`
	// Whether the whole organization was selected.
	Organization bool `json:"organization,omitempty"`
	// The accounts that were left out.
	Excluded []string `json:"excluded_account_ids,omitempty"`
	// Whether all Regions that an account has enabled were selected.
	EnabledRegions bool `json:"enabled_regions,omitempty"`
	// Which canaries, by name and by what they are.
	NamePatterns []string     `json:"name_patterns,omitempty"`
	Canaries     CanaryFilter `json:"canaries,omitzero"`
	// What they were to have.
	Target Target `json:"target"`
	// How many canaries of a cell were in their stories at a time, at first.
	MaxConcurrent int `json:"max_concurrent"`
	// The age from which new access was taken to be effective, in seconds of AWS's time.
	AccessSettleSeconds float64 `json:"access_settle_seconds"`
	// How long a step waited for a run, in seconds of AWS's time.
	RunDeadlineSeconds float64 `json:"run_deadline_seconds"`
	// How long runs were watched after old access was removed, in seconds of AWS's time.
	RevokeWatchSeconds float64 `json:"revoke_watch_seconds"`
	// How access was given: AUTO, GRANT, ROLE_POLICY, KEY_POLICY or EXISTING.
	AccessPolicy AccessPolicy `json:"access_policy"`
	// Whether dry runs were made: WHEN_POSSIBLE, REQUIRED or NEVER.
	DryRunPolicy DryRunPolicy `json:"dry_run_policy"`
	// Where new baselines came from: FROM_PROVEN_RUN, NEXT_RUN or KEEP.
	BaselinePolicy BaselinePolicy `json:"baseline_policy"`
	// What became of canaries at rest: DRY_RUN, RUN_ONCE, UPDATE_UNVERIFIED or SKIP.
	AtRestPolicy AtRestPolicy `json:"at_rest_policy"`
	// What became of canaries whose viewers would lose sight: REPORT or BLOCK.
	ViewerPolicy ViewerPolicy `json:"viewer_policy"`
	// The viewers that were to keep their sight.
	CarryOver []string `json:"carry_over,omitempty"`
	// Whether policies that rekey does not own could be removed.
	RemoveForeign bool `json:"remove_foreign,omitempty"`
	// Keys that were being given up beside those that the canaries left.
	RetiredKeyARNs []string `json:"retired_key_arns,omitempty"`
	// Who had to approve.
	RequiredApprovals int  `json:"required_approvals"`
	ExcludeCreator    bool `json:"exclude_creator,omitempty"`
}

// EvidencePlan is the plan that ran.
type EvidencePlan struct {
	// SHA-256, in hexadecimal: the root of a Merkle tree over the digests of the cells, which their files have.
	Digest string `json:"digest"`
	// Which plan of the migration it is: 1, and one more with each retry.
	Number int `json:"number"`
	// When it was frozen.
	FreezeTime time.Time `json:"freeze_time"`
	// What it does, in numbers.
	Counts PlanCount `json:"counts"`
	// The calls of AWS that it was expected to take, by IAM action, and the extra runs.
	ForecastCalls     map[string]int `json:"forecast_calls,omitempty"`
	ForecastExtraRuns int            `json:"forecast_extra_runs"`
}

// EvidenceApproval is an approval of the plan.
type EvidenceApproval struct {
	// Who approved, and when.
	By   EvidenceCaller `json:"by"`
	Time time.Time      `json:"time"`
	// The digest that was approved.
	Digest string `json:"digest"`
	// What was said.
	Comment string `json:"comment,omitempty"`
}

// EvidenceControl is a call that steered the migration.
type EvidenceControl struct {
	// The verb, as in the API's ControlVerb.
	Verb Verb `json:"verb"`
	// Who called, and when.
	By   EvidenceCaller `json:"by"`
	Time time.Time      `json:"time"`
	// The state from which it was called.
	From State `json:"from_state,omitempty"`
	// What it was about, in words.
	Part string `json:"part"`
	// What was said.
	Detail string `json:"detail,omitempty"`
}

// EvidenceWave is a wave.
type EvidenceWave struct {
	// The number, from 0.
	Number int `json:"number"`
	// What it takes, in words.
	Title string `json:"title"`
	// Where it was: JUDGED, or an earlier state where the migration ended before.
	State WaveState `json:"state"`
	// How many canaries of how many cells.
	Canaries int `json:"canaries"`
	Cells    int `json:"cells"`
	// When its first canary was begun, its bake, and when it was judged.
	BeginTime time.Time `json:"begin_time,omitzero"`
	BakeTime  time.Time `json:"bake_begin_time,omitzero"`
	EndTime   time.Time `json:"end_time,omitzero"`
	// Its failure budget.
	Budget BudgetState `json:"budget"`
	// How it was judged; absent where it was not.
	Judgement *Judgement `json:"judgement,omitempty"`
}

// ManifestEvidence is manifest.json. It is written last: an export without it is not complete.
type ManifestEvidence struct {
	// The format, "rekey.evidence/v1".
	Version string `json:"version"`
	// The kind of file, "manifest".
	Kind string `json:"kind"`
	// The id of the migration.
	MigrationID string `json:"migration_id"`
	// All other files, by path.
	Files []EvidenceFile `json:"files"`
}
