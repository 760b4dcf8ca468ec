package workflows

import "time"

// Activity types. Each is one call of a worker on AWS (or, for the registry's, on Temporal): it reads first,
// acts only on a difference, and confirms by reading back, so that a retry after a success does nothing.
const (
	TakeCensusActivity    = "TakeCensus"    // CensusInput -> Census
	SurveyAccessActivity  = "SurveyAccess"  // SurveyInput -> Survey
	EnsureGrantActivity   = "EnsureGrant"   // EnsureGrantInput -> AccessChange, with its id
	UpdateCanaryActivity  = "UpdateCanary"  // UpdateInput -> Updated
	ConfirmUpdateActivity = "ConfirmUpdate" // ConfirmInput -> Confirmed
	AwaitRunsActivity     = "AwaitRuns"     // AwaitRunsInput -> ReadyRuns
	ProveRunsActivity     = "ProveRuns"     // ProveInput -> []RunProof
	SetBaselineActivity   = "SetBaseline"   // SetBaselineInput -> Updated
	RevokeActivity        = "Revoke"        // RevokeInput -> []RevokeResult

	ClaimActivity    = "Claim"    // ClaimInput -> ClaimResult
	ReleaseActivity  = "Release"  // ReleaseInput
	LeaseActivity    = "Lease"    // LeaseInput -> LeaseResult
	EndLeaseActivity = "EndLease" // LeaseInput
	EndUsesActivity  = "EndUses"  // LeaseInput
)

// NotYet is the type of the failure with which a waiting activity ends an attempt; the server tries again.
const NotYet = "NotYet"

// Poll is how a waiting activity waits: the server tries again after Every, divided by Scale.
type Poll struct {
	Every time.Duration `json:"every"`
	Scale float64       `json:"scale"`
}

// Delay is a stretch of AWS's time as a stretch of real time.
func (p Poll) Delay(d time.Duration) time.Duration {
	if p.Scale <= 0 {
		return d
	}
	return time.Duration(float64(d) / p.Scale)
}

// CensusInput asks for the canaries of a cell whose names match one of the patterns (* and ?; none means all).
type CensusInput struct {
	Cell         Cell     `json:"cell"`
	NamePatterns []string `json:"name_patterns,omitempty"`
}

// Census is what a cell holds, by name.
type Census struct {
	Canaries []Settings `json:"canaries"`
	// Deprecated are the runtime versions of those canaries that AWS has deprecated at the census's time.
	Deprecated []string `json:"deprecated,omitempty"`
}

// Pair is a role and a key that it may use.
type Pair struct {
	RoleARN string `json:"role_arn"`
	KeyARN  string `json:"key_arn"`
}

// SurveyInput asks for the grants of roles on keys, and for the state of keys.
type SurveyInput struct {
	Cell  Cell     `json:"cell"`
	Pairs []Pair   `json:"pairs"`
	Keys  []string `json:"keys"`
}

// Survey is the access that exists.
type Survey struct {
	// Grants are all grants on the pairs' keys whose grantee is the pair's role.
	Grants []AccessChange `json:"grants"`
	Keys   []KeyFacts     `json:"keys"`
	// Unlisted are the pairs whose key's grants could not be listed: another account's key, which does not let
	// rekey look. What access there is stays.
	Unlisted []Pair `json:"unlisted,omitempty"`
}

// KeyFacts say whether a key can encrypt artifacts.
type KeyFacts struct {
	ARN string `json:"arn"`
	// State is KMS's (Enabled, Disabled, PendingDeletion, …), or empty when the key could not be described.
	State string `json:"state,omitempty"`
	// Problem is set when the key can't be used: it does not exist, is not enabled, not symmetric, or not for
	// encryption.
	Problem *Problem `json:"problem,omitempty"`
}

// EnsureGrantInput asks that a role may use a key: GenerateDataKey and Decrypt, by a grant of that name, made
// from the account of the cell. The activity ends well when the grant has been there for Settle, on AWS's
// clock; until then it fails with NotYet.
type EnsureGrantInput struct {
	Cell   Cell          `json:"cell"`
	Grant  AccessChange  `json:"grant"`
	Settle time.Duration `json:"settle"`
	Poll   Poll          `json:"poll"`
}

// UpdateInput asks that a canary have an encryption. The canary must still be as Recorded, or have it already.
type UpdateInput struct {
	Cell     Cell       `json:"cell"`
	Recorded Settings   `json:"recorded"`
	To       Encryption `json:"to"`
	// Restore allows a canary that differs from Recorded in its encryption and baseline only: the way back.
	Restore bool `json:"restore,omitempty"`
	Poll    Poll `json:"poll"`
}

// Updated is the answer to an update. Since is the answer's date on AWS's clock, or the canary's own date of
// its last change where there was nothing to do.
type Updated struct {
	Since time.Time `json:"since"`
	// Visual is the baseline that was set, for SetBaseline.
	Visual []VisualReference `json:"visual,omitempty"`
}

// ConfirmInput asks whether an update has settled and taken: the canary has the encryption and, where Visual is
// set, that baseline. Until it has settled the activity fails with NotYet.
type ConfirmInput struct {
	Cell   Cell              `json:"cell"`
	Name   string            `json:"name"`
	ID     string            `json:"id"`
	To     Encryption        `json:"to"`
	Visual []VisualReference `json:"visual,omitempty"`
	Poll   Poll              `json:"poll"`
}

// Confirmed is the canary after the update settled. Settled is the date, on AWS's clock, of the answer that showed it
// so: a run that started at or after it used the new settings.
type Confirmed struct {
	State   string    `json:"state"`
	Settled time.Time `json:"settled"`
}

// Waiting is a canary of which a completed run is awaited, one per browser, that started at or after Since.
type Waiting struct {
	Name     string    `json:"name"`
	ID       string    `json:"id"`
	Since    time.Time `json:"since"`
	Browsers []string  `json:"browsers,omitempty"`
	// After are runs that have been looked at: only others make the canary ready.
	After []string `json:"after,omitempty"`
}

// AwaitRunsInput asks which of the waiting canaries have runs to look at. While none has, the activity fails
// with NotYet.
type AwaitRunsInput struct {
	Cell    Cell      `json:"cell"`
	Waiting []Waiting `json:"waiting"`
	Poll    Poll      `json:"poll"`
}

// ReadyRuns are the canaries that have runs to look at.
type ReadyRuns struct {
	Ready []Ready `json:"ready"`
}

// Ready is a canary with its completed runs since the wait's beginning, newest first, without those that had
// been looked at. Gone says that the canary was deleted instead; Problem, why its runs can't be read.
type Ready struct {
	Name    string   `json:"name"`
	Runs    []Run    `json:"runs,omitempty"`
	Gone    bool     `json:"gone,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

// ProveInput asks what the artifacts of runs carry.
type ProveInput struct {
	Cell         Cell       `json:"cell"`
	Name         string     `json:"name"`
	BucketRegion string     `json:"bucket_region"`
	Runs         []Run      `json:"runs"`
	Want         Encryption `json:"want"`
}

// Finding is what the artifacts of a run carry.
type Finding string

// The findings.
const (
	RightKey    Finding = "RIGHT_KEY"    // every object that was looked at has the wanted encryption
	WrongKey    Finding = "WRONG_KEY"    // at least one object has another encryption
	NoObject    Finding = "NO_OBJECT"    // the run left no objects
	NotReadable Finding = "NOT_READABLE" // the objects could not be listed or looked at
)

// RunProof is what the artifacts of one run carry.
type RunProof struct {
	Run        Run        `json:"run"`
	Finding    Finding    `json:"finding"`
	Encryption Encryption `json:"encryption,omitzero"` // of the last object that was looked at
	Objects    int        `json:"objects"`
}

// SetBaselineInput asks that a canary's baseline be those runs, one per browser, with the screenshots and ignore
// areas of Recorded.
type SetBaselineInput struct {
	Cell     Cell       `json:"cell"`
	Recorded Settings   `json:"recorded"`
	To       Encryption `json:"to"`
	Runs     []Run      `json:"runs"`
	Poll     Poll       `json:"poll"`
}

// RevokeInput asks that the listed grants of each pair be removed where no canary of the account needs the pair
// any more. It is called under the registry's leases on the pairs. Until the removal can be read back it ends with
// NotYet; a Poll that says nothing means every five seconds.
type RevokeInput struct {
	Cell  Cell         `json:"cell"`
	Pairs []RevokePair `json:"pairs"`
	Poll  Poll         `json:"poll,omitzero"`
}

// RevokePair is a role and a key, with the grants to remove. A grant without an id is the one of its name.
type RevokePair struct {
	Pair   Pair           `json:"pair"`
	Grants []AccessChange `json:"grants"`
	// Rebased are the ids of canaries whose baseline the migration has confirmed under the new key. Any other
	// canary of the role with visual monitoring needs the pair unless its baseline is seen to be under another key.
	Rebased []string `json:"rebased,omitempty"`
	// Needed is why a canary of the migration still needs the pair; such a pair is only held.
	Needed *Problem `json:"needed,omitempty"`
}

// RevokeResult is what became of a pair: revoked, or held because of a problem. Grants that were gone by then are
// among the revoked either way.
type RevokeResult struct {
	Pair    Pair           `json:"pair"`
	Revoked []AccessChange `json:"revoked,omitempty"`
	Held    *Problem       `json:"held,omitempty"`
}
