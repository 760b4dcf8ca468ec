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
	Held   int                 `json:"held,omitempty"`
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
	States []CanaryState `json:"states,omitempty"`
	After  string        `json:"after,omitempty"`
	Limit  int           `json:"limit"`
}

// CanariesPage is a page of a cell's canaries. More says whether others follow.
type CanariesPage struct {
	Canaries []Canary `json:"canaries"`
	More     bool     `json:"more,omitempty"`
}

// Admits reports whether the filter admits a canary in that state.
func (f CanariesFilter) Admits(s CanaryState) bool {
	return len(f.States) == 0 || slices.Contains(f.States, s)
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
