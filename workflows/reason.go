package workflows

// Reason says what is in the way. The values are the names of rekey.v1's ErrorReason without their prefix, and
// the types of the failures with which activities and updates end.
type Reason string

// The reasons. ErrorReason in the API says what each means and which metadata it has.
const (
	WrongState               Reason = "WRONG_STATE"
	PlanDigestMismatch       Reason = "PLAN_DIGEST_MISMATCH"
	Internal                 Reason = "INTERNAL"
	AlreadyOnTarget          Reason = "ALREADY_ON_TARGET"
	CanaryStopped            Reason = "CANARY_STOPPED"
	CanaryNotUpdatable       Reason = "CANARY_NOT_UPDATABLE"
	RuntimeDeprecated        Reason = "RUNTIME_DEPRECATED"
	RuntimeWithoutEncryption Reason = "RUNTIME_WITHOUT_ENCRYPTION"
	NoKeyForRegion           Reason = "NO_KEY_FOR_REGION"
	KeyNotUsable             Reason = "KEY_NOT_USABLE"
	CanaryIsReplica          Reason = "CANARY_IS_REPLICA"
	CanaryChanged            Reason = "CANARY_CHANGED"
	CanaryLocked             Reason = "CANARY_LOCKED"
	CanaryGone               Reason = "CANARY_GONE"
	AccessDenied             Reason = "ACCESS_DENIED"
	AccessProblem            Reason = "ACCESS_PROBLEM"
	RolledBackByAWS          Reason = "ROLLED_BACK_BY_AWS"
	NotProvenInTime          Reason = "NOT_PROVEN_IN_TIME"
	BaselineNotConfirmed     Reason = "BASELINE_NOT_CONFIRMED"
	OldAccessInUse           Reason = "OLD_ACCESS_IN_USE"
	RegionNotSearched        Reason = "REGION_NOT_SEARCHED"
	CellNotReachable         Reason = "CELL_NOT_REACHABLE"
	AWSRefused               Reason = "AWS_REFUSED"
	Cancelled                Reason = "CANCELLED"
	CellTooLarge             Reason = "CELL_TOO_LARGE"
	KeyInWrongRegion         Reason = "KEY_IN_WRONG_REGION"
	LocationNotUsable        Reason = "LOCATION_NOT_USABLE"
	BucketPolicyDenies       Reason = "BUCKET_POLICY_DENIES"
	BucketNotReadable        Reason = "BUCKET_NOT_READABLE"
	RoleMissing              Reason = "ROLE_MISSING"
	RoleRecreated            Reason = "ROLE_RECREATED"
	RoleShared               Reason = "ROLE_SHARED"
	NoAccessMethod           Reason = "NO_ACCESS_METHOD"
	AccessNotFound           Reason = "ACCESS_NOT_FOUND"
	PolicyFull               Reason = "POLICY_FULL"
	KeyPolicyConflict        Reason = "KEY_POLICY_CONFLICT"
	ViewersLoseAccess        Reason = "VIEWERS_LOSE_ACCESS"
	BaselineNotRestorable    Reason = "BASELINE_NOT_RESTORABLE"
	BaselineKept             Reason = "BASELINE_KEPT"
	ManagedByIaC             Reason = "MANAGED_BY_IAC"
	RuntimeWithoutDryRun     Reason = "RUNTIME_WITHOUT_DRY_RUN"
	DryRunDenied             Reason = "DRY_RUN_DENIED"
	DryRunFailed             Reason = "DRY_RUN_FAILED"
	NextRunTooFar            Reason = "NEXT_RUN_TOO_FAR"
	RunsOnce                 Reason = "RUNS_ONCE"
	UpdatedUnverified        Reason = "UPDATED_UNVERIFIED"
	WillEndStopped           Reason = "WILL_END_STOPPED"
	EnvironmentKey           Reason = "ENVIRONMENT_KEY"
	AccessRestored           Reason = "ACCESS_RESTORED"
	WiderAccess              Reason = "WIDER_ACCESS"
	RolledBack               Reason = "ROLLED_BACK"
	NotReturnable            Reason = "NOT_RETURNABLE"
	AccessNotRestored        Reason = "ACCESS_NOT_RESTORED"
	CallerNotVerified        Reason = "CALLER_NOT_VERIFIED"
	ApproverNotAllowed       Reason = "APPROVER_NOT_ALLOWED"
	BudgetUsedUp             Reason = "BUDGET_USED_UP"
	PartNotFound             Reason = "PART_NOT_FOUND"
	NothingToRetry           Reason = "NOTHING_TO_RETRY"
	EvidenceNotWritten       Reason = "EVIDENCE_NOT_WRITTEN"
	SelectionNotResolved     Reason = "SELECTION_NOT_RESOLVED"
	SelectionTooLarge        Reason = "SELECTION_TOO_LARGE"
	RegionDisabled           Reason = "REGION_DISABLED"
	Paused                   Reason = "PAUSED"
	CanaryLeftRunning        Reason = "CANARY_LEFT_RUNNING"
)

// Problem says what is in the way and what to do next.
type Problem struct {
	Reason   Reason            `json:"reason"`
	Message  string            `json:"message"`
	NextStep string            `json:"next_step,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Error makes a problem usable as an error.
func (p *Problem) Error() string { return string(p.Reason) + ": " + p.Message }
