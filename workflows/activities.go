package workflows

import "time"

// Activity types. Each is one call of a worker on AWS (or, for the registry's, on Temporal): it reads first,
// acts only on a difference, and confirms by reading back, so that a retry after a success does nothing.
const (
	ResolveSelectionActivity = "ResolveSelection" // ResolveSelectionInput -> Selection

	TakeCensusActivity   = "TakeCensus"   // CensusInput -> Census
	ResolveKeysActivity  = "ResolveKeys"  // ResolveInput -> []KeyFacts
	SurveyAccessActivity = "SurveyAccess" // SurveyInput -> Survey

	ReadCanariesActivity  = "ReadCanaries"  // CensusInput -> CensusPage
	CountCanariesActivity = "CountCanaries" // CensusInput -> FleetCounts

	EnsureAccessActivity = "EnsureAccess" // EnsureAccessInput -> Effective
	RevokeActivity       = "Revoke"       // RevokeInput -> []RevokeResult
	AwaitDenialActivity  = "AwaitDenial"  // AwaitDenialInput -> []Denial

	BeginDryRunActivity   = "BeginDryRun"   // BeginDryRunInput -> DryRunBegin
	StartDryRunActivity   = "StartDryRun"   // DryRunInput -> DryRun
	AwaitDryRunActivity   = "AwaitDryRun"   // AwaitDryRunInput -> DryRunEnd
	UpdateCanaryActivity  = "UpdateCanary"  // UpdateInput -> Updated
	ConfirmUpdateActivity = "ConfirmUpdate" // ConfirmInput -> Confirmed
	StartCanaryActivity   = "StartCanary"   // StartInput -> Started
	StopCanaryActivity    = "StopCanary"    // StopInput
	AwaitRunsActivity     = "AwaitRuns"     // AwaitRunsInput -> ReadyRuns
	ProveRunsActivity     = "ProveRuns"     // ProveInput -> []RunProof
	SetBaselineActivity   = "SetBaseline"   // SetBaselineInput -> Updated
	ApplyUpdateActivity   = "ApplyUpdate"   // ApplyUpdateInput -> Applied; UpdateCanary and ConfirmUpdate in one
	ApplyBaselineActivity = "ApplyBaseline" // ApplyBaselineInput -> Applied; SetBaseline and ConfirmUpdate in one
	CompareActivity       = "Compare"       // CompareInput -> Comparison
	LastRunsActivity      = "LastRuns"      // LastRunsInput -> LastRuns

	ClaimActivity    = "Claim"    // ClaimInput -> ClaimResult
	ReleaseActivity  = "Release"  // ReleaseInput
	LeaseActivity    = "Lease"    // LeaseInput -> LeaseResult
	EndLeaseActivity = "EndLease" // LeaseInput
	EndUsesActivity  = "EndUses"  // LeaseInput
	LocksActivity    = "Locks"    // LocksInput -> map[string]Holder, by canary id

	EditKeyPolicyActivity  = "EditKeyPolicy"  // KeyEdit -> Effective; asks the key's workflow
	WriteKeyPolicyActivity = "WriteKeyPolicy" // KeyPolicyInput -> KeyPolicyResult; what the key's workflow does

	WriteEvidenceActivity = "WriteEvidence" // EvidenceInput -> WrittenEvidence
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

// Length is a stretch of real time as a stretch of AWS's time.
func (p Poll) Length(d time.Duration) time.Duration {
	if p.Scale <= 0 {
		return d
	}
	return time.Duration(float64(d) * p.Scale)
}
