package workflows

// TaskQueue is where every workflow and activity of rekey runs.
const TaskQueue = "rekey"

// Workflow types.
const (
	MigrationWorkflow = "Migration"
	CellWorkflow      = "Cell"
	RegistryWorkflow  = "Registry"
	KeyWorkflow       = "Key"
	FleetWorkflow     = "Fleet"
)

// Queries. MigrationQuery answers a MigrationView; CanariesQuery takes a CanariesFilter and answers a
// CanariesPage; CanaryQuery takes a name and answers a *Canary, nil when the cell has none of that name.
const (
	MigrationQuery = "migration"
	CanariesQuery  = "canaries"
	CanaryQuery    = "canary"
	// CellsQuery takes a CellsFilter and answers a CellsPage; GateQuery answers a migration's Gate; ReturnsQuery takes a
	// ReturnsInput and answers a cell's ReturnsPage.
	CellsQuery   = "cells"
	GateQuery    = "gate"
	ReturnsQuery = "returns"
)

// Updates of a migration. Each answers a MigrationView, and a rejected one fails with a failure whose type is a
// Reason.
const (
	ApproveUpdate  = "approve"   // takes an Approval without a time
	CancelUpdate   = "cancel"    // takes a Cancellation
	RollBackUpdate = "roll-back" // takes a RollBack
	ConfirmUpdate  = "confirm"   // takes a Confirmation
	PauseUpdate    = "pause"     // takes a Pause without a cause and a time
	ResumeUpdate   = "resume"    // takes a Resume
	RetryUpdate    = "retry"     // takes a Retry
	AdvanceUpdate  = "advance"   // takes an Advance
	RolloutUpdate  = "rollout"   // takes a RolloutChange
	CloseUpdate    = "close"     // takes a Closing without a time
)

// Signals between a migration and its cells.
const (
	ReportSignal = "report" // cell to migration: a CellReport
	OrderSignal  = "order"  // migration to cell: an Order
	// DirectSignal tells a cell of a Directive.
	DirectSignal = "direct"
	// ConfirmSignal tells a cell of a Confirmation.
	ConfirmSignal = "confirm"
)

// Search attributes, registered by the server when it starts. All are keywords.
const (
	StateAttribute   = "RekeyState"   // a migration's State
	AccountAttribute = "RekeyAccount" // a cell's account
	RegionAttribute  = "RekeyRegion"  // a cell's Region
)

// Keys of a migration's memo, for listings.
const (
	DisplayNameMemo = "display_name"
	RequestMemo     = "request" // SHA-256 of the request, to tell a repeated one from a reused id
)

// GateMemo is the key of a GateNotice in a migration's memo, for workers. Migrations of before FormatLean have none.
const GateMemo = "gate"

// MigrationID is the workflow id of a migration.
func MigrationID(migration string) string { return "migration/" + migration }

// CellID is the workflow id of a migration's work in one cell.
func CellID(migration string, cell Cell) string {
	return "migration/" + migration + "/" + cell.Account + "/" + cell.Region
}

// maxFairnessKey is how many bytes of a fairness key Temporal takes.
const maxFairnessKey = 64

// FairnessKey is the key under which Temporal lines up the work of a migration: workers take in turn from those of all
// migrations, however much of one has piled up, where the server's matching.enableFairness is set (and in Temporal Cloud,
// where the namespace's is). It is not a cell's, since a migration of a thousand cells would then have a thousand turns.
func FairnessKey(migration string) string { return migration[:min(len(migration), maxFairnessKey)] }

// RegistryID is the workflow id of an account's registry, which owns what its migrations share.
func RegistryID(account string) string { return "account/" + account }

// KeyID is the workflow id of a key's owner, which makes all edits of the key's policy.
func KeyID(keyARN string) string { return "key/" + keyARN }
