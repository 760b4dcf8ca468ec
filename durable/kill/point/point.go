// Package point names the points at which a process may be killed, by what passes on the wires between rekey's processes,
// Temporal and AWS. The programs themselves know nothing of it.
package point

// Kind is a sort of point.
type Kind string

// The kinds. Together they are every message by which something is begun, done or recorded.
const (
	// Activity is an activity of the worker: about to run, has run, is recorded.
	Activity Kind = "activity"
	// Call is a mutating call of AWS: before it arrives, and after its effect but before its answer.
	Call Kind = "call"
	// CanaryStep and CellStep are a cell's workflow that goes on with a step of a canary, or of its own.
	CanaryStep Kind = "canary"
	CellStep   Kind = "cell"
	// MigrationStep is a migration's workflow that goes on: its states, its waves, what it tells its cells.
	MigrationStep Kind = "migration"
	// HandOn is a continue-as-new.
	HandOn Kind = "hand-on"
	// Registry is a hand-over by an account's registry or a key's owner: claims, uses, leases and edits.
	Registry Kind = "registry"
	// Verb is a call of the API on its way from the server to Temporal.
	Verb Kind = "verb"
)

// Kinds are all of them, in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{Verb, MigrationStep, CellStep, CanaryStep, Activity, Call, Registry, HandOn}
}

// Moment is when, beside what a point is about, it lies.
type Moment string

// The moments.
const (
	// Before is before the message arrives: what it asks for has not happened.
	Before Moment = "before"
	// After is after its effect, and before whoever sent it hears of that.
	After Moment = "after"
	// Ready is an activity that the server has given to a worker, which has not begun it.
	Ready Moment = "ready"
)

// Point is one place in a scenario at which a process may be killed.
type Point struct {
	Kind Kind `json:"kind"`
	// What happens there, for example "UpdateCanary" or "Cell begins Lease".
	What   string `json:"what"`
	Moment Moment `json:"moment"`
	// Subject is to whom: a canary, a cell, a key. It names nothing that differs from one play of the scenario to another.
	Subject string `json:"subject"`
}

// Name is the point without its subject, as --points selects it: "call/UpdateCanary/after".
func (p Point) Name() string { return string(p.Kind) + "/" + p.What + "/" + string(p.Moment) }

// String is the point with its subject.
func (p Point) String() string { return p.Name() + " " + p.Subject }

// Event is a point that a play of the scenario has come to.
type Event struct {
	// Play is the number of the play, which its accounts carry.
	Play int
	Point
}
