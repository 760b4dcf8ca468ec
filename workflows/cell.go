package workflows

import (
	"slices"
	"time"
)

// CellInput starts the work of a migration in one cell.
type CellInput struct {
	Migration string  `json:"migration"`
	Cell      Cell    `json:"cell"`
	Spec      Spec    `json:"spec"`
	TimeScale float64 `json:"time_scale"`
	// Format is as in MigrationInput.
	Format int `json:"format,omitempty"`
	// OUs are the organizational units and the root above the account, where they are known.
	OUs []string `json:"ous,omitempty"`
	// Resume is what an earlier run of the workflow handed on; nil at the start.
	Resume *CellResume `json:"resume,omitempty"`
}

// CellResume is what a cell carries over a continue-as-new.
type CellResume struct {
	Report   CellReport `json:"report"`
	Canaries []Canary   `json:"canaries"`
	Claimed  bool       `json:"claimed,omitempty"`
	Orders   []Order    `json:"orders,omitempty"`
	// Watching are the pairs whose access was removed and whose canaries' runs are being watched.
	Watching []Watching `json:"watching,omitempty"`
	// Confirmed says that held access is to be looked at again, because a change of the source was confirmed.
	Confirmed bool `json:"confirmed,omitempty"`
	// Directive is the last one that came; nil before.
	Directive *Directive `json:"directive,omitempty"`
	// Limit is what is left of the last directive's permits.
	Limit int `json:"limit,omitempty"`
	// LookedBefore is the last wave before which the cell looked who fails already.
	LookedBefore int `json:"looked_before,omitempty"`
	// Tasks is the serial of the last task that was taken, and Doing are those of them that are not done yet.
	Tasks int64  `json:"tasks,omitempty"`
	Doing []Task `json:"doing,omitempty"`
	// Young is how old access is to be before a dry run, in AWS's time, by what others were denied.
	Young time.Duration `json:"young,omitempty"`
}

// Watching is a pair whose removed access may be restored until the deadline, which is on Temporal's clock.
type Watching struct {
	WatchPair
	Removed  []AccessChange `json:"removed"`
	Deadline time.Time      `json:"deadline"`
}

// CellPhase is where a cell is.
type CellPhase string

// The phases of a cell, in their order.
const (
	CellPlanning CellPhase = "PLANNING"
	CellPlanned  CellPhase = "PLANNED"
	CellRunning  CellPhase = "RUNNING"
	CellResting  CellPhase = "RESTING"
	// CellReturning comes after CellResting, and before it again: canaries are put back.
	CellReturning CellPhase = "RETURNING"
	// CellWaiting comes between the waves of a cell: canaries wait for theirs.
	CellWaiting CellPhase = "WAITING"
)

// CellReport is what a cell tells its migration, whole each time: the last one counts.
type CellReport struct {
	Cell  Cell      `json:"cell"`
	Phase CellPhase `json:"phase"`
	// Sequence grows with every report of a cell; an older one that arrives late is dropped.
	Sequence int64 `json:"sequence"`
	// Digest is the SHA-256 over the cell's frozen items, in hexadecimal; set from CellPlanned on.
	Digest string              `json:"digest,omitempty"`
	Plan   PlanCount           `json:"plan,omitzero"`
	States map[CanaryState]int `json:"states,omitempty"`
	Steps  map[Step]int        `json:"steps,omitempty"`
	// Stopped counts canaries that rest by the step in which they stopped.
	Stopped map[Step]int `json:"stopped,omitempty"`
	Held    int          `json:"held,omitempty"`
	// ByHand is how many canaries somebody has to see to by hand; an older worker tells none.
	ByHand int `json:"by_hand,omitempty"`
	// Done is how many canaries came to the end that the plan had for them.
	Done int `json:"done,omitempty"`
	// Left is how many canaries did not stay on their new settings and have new access that was not taken back.
	Left int `json:"left,omitempty"`
	// NotReturned is how many canaries could not be put back.
	NotReturned int `json:"not_returned,omitempty"`
	// Returned says that the order to put canaries back has been carried out.
	Returned bool `json:"returned,omitempty"`
	// Reviews is how many times held access was looked at again.
	Reviews int `json:"reviews,omitempty"`
	// Problem is what kept the cell from being planned.
	Problem *Problem `json:"problem,omitempty"`
	// Classes counts the canaries to migrate by their class: the kind, "|", and the numbers of the waves whose lists admit
	// them by name, with "," between. Only until the waves are cut.
	Classes map[string]int `json:"classes,omitempty"`
	// Waves are, by number, how far the cell's share of each wave is.
	Waves []CellWave `json:"waves,omitempty"`
	// Serial is the last directive that the cell follows, Limit what it made of the directive's, and InFlight how many
	// stories are under way. Tasks is the last task that is done.
	Serial   int64 `json:"serial,omitempty"`
	Limit    int   `json:"limit,omitempty"`
	InFlight int   `json:"in_flight,omitempty"`
	Tasks    int64 `json:"tasks,omitempty"`
	// Returnable is how many canaries could be put back, and RollBackUntil until when the first of the baselines can.
	Returnable    int       `json:"returnable,omitempty"`
	RollBackUntil time.Time `json:"roll_back_until,omitzero"`
	// Retried is how many canaries the last retry planned anew.
	Retried  int      `json:"retried,omitempty"`
	Forecast Forecast `json:"forecast,omitzero"`
	// Evidence is the SHA-256 of the file that the last ExportTask wrote; EvidenceProblem, why it could not.
	Evidence        string   `json:"evidence,omitempty"`
	EvidenceProblem *Problem `json:"evidence_problem,omitempty"`
}

// Share is how many canaries the cell has in a wave.
func (r *CellReport) Share(wave int) int {
	if wave < 0 || wave >= len(r.Waves) {
		return 0
	}
	return r.Waves[wave].Canaries
}

// FailedFrom is how many canaries of that wave and those after it failed, that are charged.
func (r *CellReport) FailedFrom(wave int) int {
	n := 0
	for i, w := range r.Waves {
		if i >= wave {
			n += w.Failed
		}
	}
	return n
}

// WaitingUpTo is how many canaries of the waves up to that one have not been begun and are not paused.
func (r *CellReport) WaitingUpTo(wave int) int {
	n := 0
	for i, w := range r.Waves {
		if i <= wave {
			n += w.Waiting
		}
	}
	return n
}

// CellWave is how far a cell's share of a wave is.
type CellWave struct {
	Canaries int `json:"canaries,omitempty"`
	Waiting  int `json:"waiting,omitempty"` // for their turn, those that are not paused
	Rested   int `json:"rested,omitempty"`
	// Failed are charged to a budget, Excused are not.
	Failed  int `json:"failed,omitempty"`
	Excused int `json:"excused,omitempty"`
	// Unclear is how many of the rested are unverified where a proof was to come.
	Unclear int `json:"unclear,omitempty"`
	// Done says that all rest, and that the access that the wave leaves was seen to.
	Done bool `json:"done,omitempty"`
	// Baked says that the Bake of the wave was carried out. Watched is how many canaries it watched, and Migrated and Control
	// are what it found.
	Baked    bool     `json:"baked,omitempty"`
	Watched  int      `json:"watched,omitempty"`
	Migrated RunShare `json:"migrated,omitzero"`
	Control  RunShare `json:"control,omitzero"`
}

// Order is what a migration tells a cell.
type Order string

// The orders.
const (
	Begin  Order = "BEGIN"  // the plan is approved: migrate
	Cancel Order = "CANCEL" // begin no more canaries, bring those in flight to their end
	Review Order = "REVIEW" // look again at access that is held
	Close  Order = "CLOSE"  // end
	Report Order = "REPORT" // say how the cell is, though nothing has changed
	Return Order = "RETURN" // put every canary back that can still be put back
)

// CanariesFilter asks a cell for a page of its canaries, by name. After is the name of the last one seen;
// empty States mean all.
type CanariesFilter struct {
	States   []CanaryState `json:"states,omitempty"`
	Steps    []Step        `json:"steps,omitempty"`
	Held     *bool         `json:"held,omitempty"`
	Verdicts []Verdict     `json:"verdicts,omitempty"`
	Reasons  []Reason      `json:"reasons,omitempty"`
	Wave     *int          `json:"wave,omitempty"`
	After    string        `json:"after,omitempty"`
	Limit    int           `json:"limit"`
}

// CanariesPage is a page of a cell's canaries. More says whether others follow.
type CanariesPage struct {
	Canaries []Canary `json:"canaries"`
	More     bool     `json:"more,omitempty"`
}

// Admits reports whether the filter admits a canary.
func (f CanariesFilter) Admits(c Canary) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, c.State)) &&
		(len(f.Steps) == 0 || slices.Contains(f.Steps, c.Step)) &&
		(f.Held == nil || *f.Held == c.IsHeld()) &&
		(len(f.Verdicts) == 0 || slices.Contains(f.Verdicts, c.Verdict())) &&
		(len(f.Reasons) == 0 || c.IsTold(f.Reasons)) &&
		(f.Wave == nil || c.Wave != nil && *f.Wave == *c.Wave)
}

// CellsFilter asks a migration for its cells, in their order, that may have canaries which the filter admits.
type CellsFilter struct {
	Canaries CanariesFilter `json:"canaries"`
	Account  string         `json:"account,omitempty"`
	Region   string         `json:"region,omitempty"`
	// From is the cell to begin with.
	From  Cell `json:"from,omitzero"`
	Limit int  `json:"limit"`
}

// CellsPage is a page of cells. More says whether others follow.
type CellsPage struct {
	Cells []CellReport `json:"cells"`
	More  bool         `json:"more,omitempty"`
}

// ReturnsInput asks what a roll back of a part would do at that time.
type ReturnsInput struct {
	Part Part      `json:"part,omitzero"`
	Now  time.Time `json:"now"`
}

// ReturnsPage is what a roll back of a part would do in a cell.
type ReturnsPage struct {
	Returnable     int              `json:"returnable,omitempty"`
	FreshBaselines int              `json:"fresh_baselines,omitempty"`
	NotReturnable  int              `json:"not_returnable,omitempty"`
	Obstacles      []ReturnObstacle `json:"obstacles,omitempty"`
}

// ReturnObstacle is what a roll back could not do to a canary.
type ReturnObstacle struct {
	Canary  string    `json:"canary"`
	Problem *Problem  `json:"problem"`
	Until   time.Time `json:"until,omitzero"`
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
