package workflows

import (
	"slices"
	"time"
)

// State is where a migration is.
type State string

// The states of a migration. Succeeded, Failed and Cancelled are resting states of an open workflow; Planned
// is the end of one that was only to plan.
const (
	Planning         State = "PLANNING"
	AwaitingApproval State = "AWAITING_APPROVAL"
	Running          State = "RUNNING"
	Succeeded        State = "SUCCEEDED"
	Failed           State = "FAILED"
	CancelledState   State = "CANCELLED"
	Planned          State = "PLANNED"
	RollingBack      State = "ROLLING_BACK"
	RolledBackState  State = "ROLLED_BACK"
	PausedState      State = "PAUSED"
	ClosedState      State = "CLOSED"
)

// Rests reports whether a migration in this state goes on by itself no more.
func (s State) Rests() bool {
	return slices.Contains([]State{Succeeded, Failed, CancelledState, Planned, RolledBackState, ClosedState}, s)
}

// MigrationInput starts a migration.
type MigrationInput struct {
	ID           string `json:"id"`
	Spec         Spec   `json:"spec"`
	ValidateOnly bool   `json:"validate_only,omitempty"`
	// TimeScale is how many times faster than real time the AWS at hand runs: 1 for the real one. Waits and
	// deadlines of rekey's own are divided by it.
	TimeScale float64 `json:"time_scale"`
	// Format is which commands the workflow gives, for histories are a storage format: NewestFormat for those that are
	// started now. Missing means a migration that was begun before there were waves.
	Format int `json:"format,omitempty"`
	// By is who created it. AnyName lets unverified names count where the approval policy asks for verified ones: a server
	// that was started for development says so.
	By      Caller `json:"by,omitzero"`
	AnyName bool   `json:"any_name,omitempty"`
	// Resume is what an earlier run of the workflow handed on; nil at the start.
	Resume *MigrationResume `json:"resume,omitempty"`
}

// FormatRollout is the format of migrations that go in waves and take control verbs.
const FormatRollout = 1

// FormatLean is the format of migrations whose cells give fewer commands.
const FormatLean = 2

// FormatTerse is the format of migrations whose cells don't answer each directive and give each watch a last look of its own, and
// which hand on without telling their cells what others have made room for.
const FormatTerse = 3

// FormatPrompt is the format of migrations whose cells, when they hand on, call off what their stories wait for.
const FormatPrompt = 4

// FormatApart is the format of migrations whose cells go on, where something of them is paused, with all that is not: they watch what
// was removed before the pause, put back what is rolled back, and find out that their migration is gone.
const FormatApart = 5

// FormatAged is the format of migrations whose cells wait with a dry run until access is as old as others needed.
const FormatAged = 6

// NewestFormat is the newest format that this code carries out. A newer one belongs to a newer version of rekey.
const NewestFormat = FormatAged

// MigrationResume is what a migration carries over a continue-as-new.
type MigrationResume struct {
	View  MigrationView `json:"view"`
	Cells []CellReport  `json:"cells"`
	// Started is how many of the spec's cells have been started, in the order of Spec.Cells.
	Started int `json:"started"`
	// Closing is when the migration ends by itself; zero before it rests.
	Closing time.Time `json:"closing,omitzero"`
	// Reviewing are the reviews of held access that cells were asked for; Reviewed says that those after the last cell
	// rested were.
	Reviewing []Reviewing `json:"reviewing,omitempty"`
	Reviewed  bool        `json:"reviewed,omitempty"`
	// Selected are the accounts that the selection was resolved to, by id; empty before, and where the spec lists them.
	Selected []SelectedAccount `json:"selected,omitempty"`
	// Steering is what the cells were told last, in their order.
	Steering []Steering `json:"steering,omitempty"`
	// Tasks are those that some cell has not carried out, and TaskSerial is that of the last one.
	Tasks      []Task `json:"tasks,omitempty"`
	TaskSerial int64  `json:"task_serial,omitempty"`
	// First is the number of the first wave of the plan that runs: those before it are of plans before a retry.
	First int `json:"first,omitempty"`
	// Packed are Cells, Selected and Steering, compressed: a thousand accounts fit into a payload then, of which Temporal takes
	// 2 MB.
	Packed []byte `json:"packed,omitempty"`
	// Before is the state from which a retry or a roll back began.
	Before State `json:"before,omitempty"`
	// Advanced says that the end of the wave's bake was asked for.
	Advanced bool `json:"advanced,omitempty"`
}

// Steering is what of a Directive is the cell's own.
type Steering struct {
	Serial int64 `json:"s"`
	Wave   int   `json:"w"`
	Limit  int   `json:"l"`
}

// Reviewing is how many reviews of held access a cell was asked for.
type Reviewing struct {
	Cell    Cell `json:"cell"`
	Reviews int  `json:"reviews"`
}

// MigrationView is a migration as its query answers it.
type MigrationView struct {
	ID           string `json:"id"`
	Spec         Spec   `json:"spec"`
	ValidateOnly bool   `json:"validate_only,omitempty"`
	State        State  `json:"state"`
	StateReason  string `json:"state_reason,omitempty"`
	// RestReason is why it rests as it does, while StateReason tells of its end.
	RestReason string `json:"rest_reason,omitempty"`
	// Revision grows with every change of the view.
	Revision int64 `json:"revision"`
	Plan     *Plan `json:"plan,omitempty"`
	// Approvals are those of the plan that waits or runs; Approval is the one that let it run.
	Approvals []Approval    `json:"approvals,omitempty"`
	Approval  *Approval     `json:"approval,omitempty"`
	Cancel    *Cancellation `json:"cancel,omitempty"`
	RollBack  *RollBack     `json:"roll_back,omitempty"`
	// Rollout and MaxConcurrent are as they are in force.
	Rollout       Rollout     `json:"rollout,omitzero"`
	MaxConcurrent int         `json:"max_concurrent,omitempty"`
	Waves         []Wave      `json:"waves,omitempty"`
	Budget        BudgetState `json:"budget,omitzero"`
	Pauses        []Pause     `json:"pauses,omitempty"`
	// Opened are the Open parts of the gate.
	Opened []Part `json:"opened,omitempty"`
	// Controls are the last MaxControls verbs.
	Controls []Control `json:"controls,omitempty"`
	By       Caller    `json:"by,omitzero"`
	Closing  *Closing  `json:"closing,omitempty"`
	// Evidence is where the evidence was written.
	Evidence      string    `json:"evidence,omitempty"`
	RollBackUntil time.Time `json:"roll_back_until,omitzero"`
	Selected      Selected  `json:"selected,omitzero"`
	Progress      Progress  `json:"progress"`
	Created       time.Time `json:"created"`
	Updated       time.Time `json:"updated"`
	Ended         time.Time `json:"ended,omitzero"`
}

// Begun reports whether anything may have been changed: some plan of the migration was approved. A retry that waits for its
// own approval, or was cancelled before, has none.
func (v MigrationView) Begun() bool {
	return v.Approval != nil || slices.ContainsFunc(v.Waves, func(w Wave) bool { return !w.Begun.IsZero() })
}

// Plan sums up a frozen plan. Digest is the Merkle root over the cells' digests.
type Plan struct {
	Digest string    `json:"digest"`
	Counts PlanCount `json:"counts"`
	Frozen time.Time `json:"frozen"`
	// Number is 1, and one more with each retry.
	Number   int      `json:"number,omitempty"`
	Forecast Forecast `json:"forecast,omitzero"`
}

// PlanCount counts what a plan does.
type PlanCount struct {
	Canaries  int `json:"canaries"`
	ToMigrate int `json:"to_migrate"`
	// RevokeOnly is how many of ToMigrate are on the target already and only lose old access.
	RevokeOnly int `json:"revoke_only,omitempty"`
	Skipped    int `json:"skipped"`
	Blocked    int `json:"blocked"`
	// Grants and Revokes count permissions of any method, each once.
	Grants  int `json:"grants"`
	Revokes int `json:"revokes"`
	DryRuns int `json:"dry_runs,omitempty"`
	// Held is how many migrated canaries will keep their old access, on what is known.
	Held int `json:"held,omitempty"`
	// LosingViewers is how many canaries have viewers who will lose sight of new artifacts.
	LosingViewers int `json:"losing_viewers,omitempty"`
}

// Approval lets the plan of a digest run.
type Approval struct {
	Digest  string    `json:"digest"`
	Comment string    `json:"comment,omitempty"`
	Time    time.Time `json:"time,omitzero"`
	By      Caller    `json:"by,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
}

// Cancellation ends a migration, or a part of it, early. Back puts those in flight back.
type Cancellation struct {
	Reason string    `json:"reason,omitempty"`
	Time   time.Time `json:"time,omitzero"`
	Part   Part      `json:"part,omitzero"`
	Back   bool      `json:"back,omitempty"`
	By     Caller    `json:"by,omitzero"`
}

// RollBack returns every canary of a part that can still be returned to its recorded settings.
type RollBack struct {
	Reason string    `json:"reason,omitempty"`
	Time   time.Time `json:"time,omitzero"`
	Part   Part      `json:"part,omitzero"`
	By     Caller    `json:"by,omitzero"`
}

// Confirmation says that the source (template, module) of canaries that IaC manages was changed to the new
// settings, so that their old access may go. Canaries are their names; none means all of the migration's.
type Confirmation struct {
	Canaries []string `json:"canaries,omitempty"`
	By       Caller   `json:"by,omitzero"`
}

// Progress counts canaries and cells.
type Progress struct {
	States       map[CanaryState]int `json:"states,omitempty"`
	Steps        map[Step]int        `json:"steps,omitempty"`
	Held         int                 `json:"held,omitempty"`
	ByHand       int                 `json:"by_hand,omitempty"`
	Cells        int                 `json:"cells"`
	CellsPlanned int                 `json:"cells_planned,omitempty"`
	CellsRested  int                 `json:"cells_rested,omitempty"`
	// CellProblems are what kept cells from being planned, at most MaxCellProblems of them.
	CellProblems []Problem `json:"cell_problems,omitempty"`
}

// MaxCellProblems bounds Progress.CellProblems.
const MaxCellProblems = 20

// RestPeriod is how long a resting migration stays open before it ends by itself: as long as the run that a
// baseline was taken from can be named again (31 days; Synthetics API, VisualReferenceInput.BaseCanaryRunId).
const RestPeriod = 31 * 24 * time.Hour
