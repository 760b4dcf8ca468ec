package workflows

import "time"

// CellEvidence is a file of cells/: what became of each canary that was selected in one account and Region.
type CellEvidence struct {
	// The format, "rekey.evidence/v1".
	Version string `json:"version"`
	// The kind of file, "cell".
	Kind string `json:"kind"`
	// The id of the migration.
	MigrationID string `json:"migration_id"`
	// The account and the Region.
	Account string `json:"account_id"`
	Region  string `json:"region"`
	// SHA-256 over the frozen plan of the cell, in hexadecimal; a leaf of the plan's digest.
	Digest string `json:"plan_digest,omitempty"`
	// Why the cell could not be planned; then it has no canaries.
	Problem *Problem `json:"problem,omitempty"`
	// The canaries, by name.
	Canaries []CanaryEvidence `json:"canaries"`
}

// CanaryEvidence is what became of a canary.
type CanaryEvidence struct {
	// The name, and the id that AWS gave it: another canary of the same name has another.
	Name string `json:"name"`
	ID   string `json:"canary_id"`
	// What the plan did about it: MIGRATE or REVOKE_ONLY; absent for one that was left.
	Action Action `json:"action,omitempty"`
	// How the new settings were to be proven: RUN, DRY_RUN, DRY_RUN_ONLY, ONE_RUN or NONE.
	Proving Proving `json:"proving,omitempty"`
	// How it ended, as in the API's CanaryState.
	Outcome CanaryState `json:"outcome"`
	// The step that it was in when it ended; absent where it was not begun.
	Step Step `json:"step,omitempty"`
	// What its runs and their artifacts showed, as in the API's Verdict.
	Verdict Verdict `json:"verdict,omitempty"`
	// Why it ended so, where that was not as planned.
	Problem *Problem `json:"problem,omitempty"`
	// What the plan had to say about it all the same.
	Notices []Problem `json:"notices,omitempty"`
	// The wave that took it.
	Wave *int `json:"wave,omitempty"`
	// How many times it was planned anew.
	Retries int `json:"retries,omitempty"`
	// Whether no budget was charged with its failure.
	Excused bool `json:"excused,omitempty"`
	// When its story began, and when its record last changed.
	BeginTime  time.Time `json:"begin_time,omitzero"`
	UpdateTime time.Time `json:"update_time,omitzero"`
	// The canary when the plan was frozen.
	Before CanaryBefore `json:"before"`
	// What the plan was to give it.
	Target *CanarySettings `json:"target,omitempty"`
	// What it was last seen to have after an update of the migration. Absent where none was made, or seen settled.
	After *CanaryAfter `json:"after,omitempty"`
	// The runs whose artifacts proved the settings; of one that was put back, the old settings.
	Proof *ProofEvidence `json:"proof,omitempty"`
	// The dry run that was made before the update.
	DryRun *DryRunEvidence `json:"dry_run,omitempty"`
	// What became of its visual baseline; absent where it has none.
	Baseline *BaselineEvidence `json:"baseline,omitempty"`
	// What became of its role's access.
	Access CanaryAccess `json:"access"`
	// Who could read its artifacts under the old key and could not under the new one.
	Viewers []Viewer `json:"viewers,omitempty"`
}

// CanarySettings are an encryption and a place of artifacts.
type CanarySettings struct {
	// AWS_MANAGED, SSE_S3 or SSE_KMS; with the last, the key.
	Mode   Mode   `json:"encryption_mode"`
	KeyARN string `json:"kms_key_arn,omitempty"`
	// "bucket/prefix".
	Location string `json:"artifact_location"`
}

// CanaryBefore is a canary when the plan was frozen.
type CanaryBefore struct {
	CanarySettings
	// The Region of its bucket.
	BucketRegion string `json:"bucket_region,omitempty"`
	// Its state in Synthetics: RUNNING, STOPPED, …
	State string `json:"state"`
	// Its runtime version.
	Runtime string `json:"runtime_version"`
	// Its role.
	RoleARN string `json:"role_arn"`
	// Its schedule, as Synthetics has it.
	Schedule string `json:"schedule,omitempty"`
	// Its browsers; absent where it names none.
	Browsers []string `json:"browsers,omitempty"`
	// The key of its function's environment variables.
	EnvironmentKeyARN string `json:"environment_kms_key_arn,omitempty"`
	// The Region of its primary, for a replica; the Regions of its replicas, for a primary.
	PrimaryRegion  string   `json:"primary_region,omitempty"`
	ReplicaRegions []string `json:"replica_regions,omitempty"`
	// The tool and stack that manage it.
	ManagedBy string `json:"managed_by,omitempty"`
}

// CanaryAfter is what a canary was seen to have.
type CanaryAfter struct {
	CanarySettings
	// When that was read back, on AWS's clock.
	ConfirmTime time.Time `json:"confirm_time"`
}

// ProofEvidence is what the artifacts of runs showed.
type ProofEvidence struct {
	// What every object that was looked at carries.
	Mode   Mode   `json:"encryption_mode"`
	KeyARN string `json:"kms_key_arn,omitempty"`
	// How many objects were looked at, at most 25 a run.
	Objects int `json:"objects"`
	// The runs, one per browser.
	Runs []Run `json:"runs"`
}

// DryRunEvidence is a dry run.
type DryRunEvidence struct {
	// Its id.
	ID string `json:"dry_run_id"`
	// When it was started, on AWS's clock.
	StartTime time.Time `json:"start_time"`
	// Whether the update was made by its id.
	Committed bool `json:"committed"`
	// Its runs, one per browser.
	Runs []Run `json:"runs,omitempty"`
}

// BaselineEvidence is what became of a baseline.
type BaselineEvidence struct {
	// The references when the plan was frozen, one per browser.
	Before []VisualReference `json:"before"`
	// When the oldest of their runs started, on AWS's clock.
	BeforeTime time.Time `json:"before_time,omitzero"`
	// Where it ended: OLD (as before), SET, or CONFIRMED by a later run. Absent where it was not come to.
	State BaselineState `json:"state,omitempty"`
	// The runs from which the one in force was taken; absent where it is as before.
	Runs []Run `json:"runs,omitempty"`
	// Whether AWS was asked to take the next run.
	NextRun bool `json:"next_run,omitempty"`
	// Whether runs were named to AWS that are not known to have become it.
	Named bool `json:"named,omitempty"`
	// Until when the recorded one can be put back.
	RollBackUntil time.Time `json:"roll_back_until,omitzero"`
}

// CanaryAccess is what became of the access of a canary's role, and of its viewers.
type CanaryAccess struct {
	// What the plan was to give for the new settings.
	Planned []AccessEvidence `json:"planned,omitempty"`
	// What of it was given, as it was made, or was there already.
	Given []AccessEvidence `json:"given,omitempty"`
	// What of that was taken back, because the canary did not stay on them.
	Withdrawn []AccessEvidence `json:"withdrawn,omitempty"`
	// The old access: NONE, WATCHED, REVOKED or HELD. Absent where it was not come to.
	OldState OldAccessState `json:"old_state,omitempty"`
	// The old access that the plan allowed to be removed, and what of it was.
	Removable []AccessEvidence `json:"removable,omitempty"`
	Removed   []AccessEvidence `json:"removed,omitempty"`
	// Why old access is held.
	Held *Problem `json:"held,omitempty"`
	// Old access that was seen and was no part of the plan, with the reason.
	Left []AccessEvidence `json:"left,omitempty"`
}

// AccessEvidence is one permission.
type AccessEvidence struct {
	// GRANT, ROLE_POLICY, KEY_POLICY or EXISTING.
	Method Method `json:"method"`
	// Who has it: a canary's role, or a viewer.
	Principal string `json:"principal_arn"`
	// The key, or, for a permission on a place of artifacts, that ("bucket/prefix").
	KeyARN   string `json:"kms_key_arn,omitempty"`
	Location string `json:"artifact_location,omitempty"`
	// What tells a grant, an inline policy, or a statement of a key's policy.
	GrantID    string `json:"grant_id,omitempty"`
	GrantName  string `json:"grant_name,omitempty"`
	PolicyName string `json:"policy_name,omitempty"`
	Sid        string `json:"statement_id,omitempty"`
	// The JSON text of what is not rekey's and may be removed, by this migration or by another.
	Document string `json:"document,omitempty"`
	// Whether rekey did not make it, and whether it was there when the plan was frozen.
	Foreign bool `json:"foreign,omitempty"`
	There   bool `json:"was_there,omitempty"`
	// Whether it gives Decrypt alone.
	DecryptOnly bool `json:"decrypt_only,omitempty"`
	// Why it was chosen, is old, or was left.
	Why string `json:"why,omitempty"`
}
