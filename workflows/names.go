package workflows

// TaskQueue is where every workflow and activity of rekey runs.
const TaskQueue = "rekey"

// Workflow types.
const (
	MigrationWorkflow = "Migration"
	CellWorkflow      = "Cell"
	RegistryWorkflow  = "Registry"
)

// Queries. MigrationQuery answers a MigrationView; CanariesQuery takes a CanariesFilter and answers a
// CanariesPage; CanaryQuery takes a name and answers a *Canary, nil when the cell has none of that name.
const (
	MigrationQuery = "migration"
	CanariesQuery  = "canaries"
	CanaryQuery    = "canary"
)

// Updates of a migration. Both answer a MigrationView, and a rejected one fails with a failure whose type is a
// Reason.
const (
	ApproveUpdate = "approve" // takes an Approval without a time
	CancelUpdate  = "cancel"  // takes a Cancellation
)

// Signals between a migration and its cells.
const (
	ReportSignal = "report" // cell to migration: a CellReport
	OrderSignal  = "order"  // migration to cell: an Order
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

// MigrationID is the workflow id of a migration.
func MigrationID(migration string) string { return "migration/" + migration }

// CellID is the workflow id of a migration's work in one cell.
func CellID(migration string, cell Cell) string {
	return "migration/" + migration + "/" + cell.Account + "/" + cell.Region
}

// RegistryID is the workflow id of an account's registry, which owns what its migrations share.
func RegistryID(account string) string { return "account/" + account }
