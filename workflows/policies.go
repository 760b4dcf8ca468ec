package workflows

import "time"

// Policies are how a migration decides what is not the same for everyone. An empty value never stands in a spec:
// whoever creates the migration fills in the defaults.
type Policies struct {
	Access   AccessPolicy   `json:"access"`
	DryRun   DryRunPolicy   `json:"dry_run"`
	Baseline BaselinePolicy `json:"baseline"`
	AtRest   AtRestPolicy   `json:"at_rest"`
	Viewers  ViewerPolicy   `json:"viewers"`
	// CarryOver are the principals (ARNs of roles or users) that may decrypt with a new key as they may with the old.
	CarryOver []string `json:"carry_over,omitempty"`
	// RemoveForeign lets policies that rekey does not own be removed where they give a role nothing but the old key.
	RemoveForeign bool `json:"remove_foreign,omitempty"`
	// RetiredKeyARNs are keys that are being given up: canaries that have left them already lose what access to them
	// their roles still have.
	RetiredKeyARNs []string `json:"retired_key_arns,omitempty"`
	// ManagedTags are the keys of tags that mark a canary as managed by IaC, beside CloudFormation's own.
	ManagedTags []string `json:"managed_tags,omitempty"`
	// RevokeWatch is how long (in AWS's time) the runs of a role's canaries are watched for denials after its old access
	// was removed; 0 means not at all.
	RevokeWatch time.Duration `json:"revoke_watch"`
}

// AccessPolicy chooses how roles get the use of a new key.
type AccessPolicy string

// The access policies. AccessAuto chooses per role and key; the others are the Method of the same name.
const (
	AccessAuto     AccessPolicy = "AUTO"
	AccessGrant    AccessPolicy = "GRANT"
	AccessRole     AccessPolicy = "ROLE_POLICY"
	AccessKey      AccessPolicy = "KEY_POLICY"
	AccessExisting AccessPolicy = "EXISTING"
)

// DryRunPolicy says whether a dry run proves the new settings before the canary is changed.
type DryRunPolicy string

// The dry run policies.
const (
	DryRunWhenPossible DryRunPolicy = "WHEN_POSSIBLE"
	DryRunRequired     DryRunPolicy = "REQUIRED"
	DryRunNever        DryRunPolicy = "NEVER"
)

// BaselinePolicy says where the new baseline of a visual canary comes from.
type BaselinePolicy string

// The baseline policies.
const (
	BaselineFromProvenRun BaselinePolicy = "FROM_PROVEN_RUN" // the run that proved the key, once it passed
	BaselineNextRun       BaselinePolicy = "NEXT_RUN"        // one update carries the key and "nextrun"
	BaselineKeep          BaselinePolicy = "KEEP"            // the old baseline stays, and so does the old access
)

// AtRestPolicy says what becomes of canaries that would not run by themselves before the run deadline: STOPPED and
// READY ones, those that run once, and those whose next run lies too far ahead.
type AtRestPolicy string

// The policies for canaries at rest.
const (
	AtRestDryRun     AtRestPolicy = "DRY_RUN"           // a dry run proves the new settings, and is committed
	AtRestRunOnce    AtRestPolicy = "RUN_ONCE"          // update, start, one run, stop what was started
	AtRestUnverified AtRestPolicy = "UPDATE_UNVERIFIED" // update, and rest unverified with both accesses
	AtRestSkip       AtRestPolicy = "SKIP"
)

// ViewerPolicy says what becomes of canaries whose artifacts somebody could read under the old key and could not
// under the new one.
type ViewerPolicy string

// The viewer policies.
const (
	ViewersReport ViewerPolicy = "REPORT"
	ViewersBlock  ViewerPolicy = "BLOCK"
)
