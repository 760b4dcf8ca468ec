package workflows

import (
	"slices"
	"time"
)

// Rollout is in which waves a migration goes, and how many failures are borne. The zero value is one wave, without a
// failure budget.
type Rollout struct {
	// MaxTotal is how many canaries of the whole migration are in their stories at a time; 0 means no bound but the cells'
	// (Spec.MaxConcurrent).
	MaxTotal int `json:"max_total,omitempty"`
	// StartsPerMinute is how many stories a cell begins in a minute of AWS's time; 0 means no bound.
	StartsPerMinute int `json:"starts_per_minute,omitempty"`
	// Edits is when canaries are edited; empty, in migrations of before there was a choice, means at once.
	Edits EditTiming `json:"edits,omitempty"`
	// Waves are the waves, in their order; what none of them takes is one more.
	Waves []WaveSpec `json:"waves,omitempty"`
	// Budget is the failure budget of the whole; nil bears any number of failures.
	Budget *Budget `json:"budget,omitempty"`
	// ChargeOutages charges failures to the budget that not-yet-migrated canaries of the cell show too.
	ChargeOutages bool `json:"charge_outages,omitempty"`
}

// EditTiming says when a canary is edited whose turn in the rollout has come.
type EditTiming string

// The timings. Canaries that don't run at a rate, and those on their way back, are edited at once in any case.
const (
	EditsWhenDue EditTiming = "WHEN_DUE" // just before a run is due, whose place the run takes that the edit sets off
	EditsAtOnce  EditTiming = "AT_ONCE"
)

// WaveSpec is what a wave takes of what no wave before it took, and how it is judged. Exactly one of Coverage, Percent,
// Count and List is set.
type WaveSpec struct {
	Coverage bool      `json:"coverage,omitempty"`
	Percent  int       `json:"percent,omitempty"` // of the canaries to migrate, rounded up
	Count    int       `json:"count,omitempty"`
	List     *WaveList `json:"list,omitempty"`
	// Budget is the failure budget of the wave; nil means that the whole's alone counts.
	Budget *Budget `json:"budget,omitempty"`
	// BakeTime (in AWS's time) and BakeRuns (of each canary) pass between the wave's rest and its judgement.
	BakeTime   time.Duration `json:"bake_time,omitempty"`
	BakeRuns   int           `json:"bake_runs,omitempty"`
	PauseAfter bool          `json:"pause_after,omitempty"`
}

// WaveList is what a wave takes by name: anything that is in one of the lists.
type WaveList struct {
	Accounts     []string `json:"accounts,omitempty"`
	OUs          []string `json:"ous,omitempty"` // organizational units or the root, with all below them
	NamePatterns []string `json:"name_patterns,omitempty"`
}

// Budget is how many failures are borne; where both are set the smaller counts. Percent is of the canaries to migrate,
// rounded down.
type Budget struct {
	Count   *int `json:"count,omitempty"`
	Percent *int `json:"percent,omitempty"`
}

// BudgetState is how far a budget is used. Allowed is nil where any number of failures is borne.
type BudgetState struct {
	Allowed  *int `json:"allowed,omitempty"`
	Failed   int  `json:"failed,omitempty"`
	Excused  int  `json:"excused,omitempty"`
	InFlight int  `json:"in_flight,omitempty"`
}

// WaveState is where a wave is.
type WaveState string

// The states of a wave.
const (
	WavePending WaveState = "PENDING"
	WaveRunning WaveState = "RUNNING"
	WaveBaking  WaveState = "BAKING"
	WaveJudged  WaveState = "JUDGED"
)

// Wave is a wave of a frozen plan, and how far it is.
type Wave struct {
	Number    int         `json:"number"`
	Title     string      `json:"title"`
	State     WaveState   `json:"state"`
	Canaries  int         `json:"canaries"`
	Cells     int         `json:"cells"`
	Rested    int         `json:"rested,omitempty"`
	Budget    BudgetState `json:"budget,omitzero"`
	Begun     time.Time   `json:"begun,omitzero"`
	BakeBegun time.Time   `json:"bake_begun,omitzero"`
	Ended     time.Time   `json:"ended,omitzero"`
	Judgement *Judgement  `json:"judgement,omitempty"`
	Forecast  TimeRange   `json:"forecast,omitzero"` // in real time
	// Spec is how the wave is judged, as it is in force.
	Spec WaveSpec `json:"spec"`
}

// WaveVerdict is the result of a judgement.
type WaveVerdict string

// The verdicts.
const (
	GoOn         WaveVerdict = "GO_ON"
	Inconclusive WaveVerdict = "INCONCLUSIVE"
	Stop         WaveVerdict = "STOP"
)

// Judgement is what a wave was judged to be. Migrated and Control are how the wave's migrated canaries, and the
// not-yet-migrated ones of the same cells, did in their last runs.
type Judgement struct {
	Verdict  WaveVerdict `json:"verdict"`
	Reason   string      `json:"reason,omitempty"`
	Migrated RunShare    `json:"migrated,omitzero"`
	Control  RunShare    `json:"control,omitzero"`
}

// RunShare counts canaries by their last complete runs.
type RunShare struct {
	Canaries int `json:"canaries,omitempty"`
	Failed   int `json:"failed,omitempty"`
}

// Share is what of a cell a wave takes: so many canaries of each class (see CellReport.Classes), the first by name that no
// wave before it took.
type Share map[string]int

// Directive is how a migration wants a cell to be: the whole of it each time, so that only the newest counts.
type Directive struct {
	// Serial grows with every directive; a cell reports the last that it follows.
	Serial int64 `json:"serial"`
	// Shares are what each wave takes of the cell, by the wave's number: told once, until the cell has reported its waves.
	Shares []Share `json:"shares,omitempty"`
	// Wave is the last wave whose canaries may be begun; -1 for none. First is the first wave of the plan that runs: failures
	// of those before it burn no permits.
	Wave  int `json:"wave"`
	First int `json:"first,omitempty"`
	// Limit is how many permits the cell has: canaries in flight and failed ones that are charged; -1 for no bound but
	// MaxConcurrent.
	Limit         int `json:"limit"`
	MaxConcurrent int `json:"max_concurrent"`
	// StartsPerMinute and Edits are as in Rollout.
	StartsPerMinute int        `json:"starts_per_minute,omitempty"`
	Edits           EditTiming `json:"edits,omitempty"`
	ChargeOutages   bool       `json:"charge_outages,omitempty"`
	// Bake asks for the runs and the comparison of a wave.
	Bake *Bake `json:"bake,omitempty"`
	Gate Gate  `json:"gate,omitzero"`
	// Tasks are what is to be done once each, in their order; those that the cell has reported as done are left out.
	Tasks []Task `json:"tasks,omitempty"`
	// ReportEvery is how long, in real time, a cell may keep changes to itself on which the migration decides nothing.
	ReportEvery time.Duration `json:"report_every,omitempty"`
}

// Bake asks a cell to await so many runs of each migrated canary of a wave, and then to compare.
type Bake struct {
	Wave int `json:"wave"`
	Runs int `json:"runs"`
}

// Gate says what is paused. A mutating AWS call asks it first.
type Gate struct {
	Parts []Part `json:"parts,omitempty"`
	// Open are parts that an operator had put back or cancelled since the whole was paused: that pause does not hold them.
	Open []Part `json:"open,omitempty"`
}

// Shut reports whether the gate is shut for a canary of a wave; Wave -1 and an empty canary stand for work that is the
// cell's.
func (g Gate) Shut(cell Cell, wave int, canary string) bool {
	covers := func(p Part) bool { return p.Covers(cell, wave, canary) }
	open := slices.ContainsFunc(g.Open, covers)
	return slices.ContainsFunc(g.Parts, func(p Part) bool { return covers(p) && (!open || !p.IsAll()) })
}

// GateNotice is a migration's gate where everybody can read it without asking the migration's workflow, whose worker may be
// busy with it: it is never older than the last answer to a verb.
type GateNotice struct {
	Gate Gate `json:"gate,omitzero"`
	// Ask says that the gate is too large for a notice: GateQuery has it.
	Ask bool `json:"ask,omitempty"`
}

// MaxNoticed is how many parts a notice has room for: with as many, of some 150 bytes, it is smaller than a memo may be (32 KB in
// Temporal Cloud, 2 MB in a server of one's own: limit.memoSize.error).
const MaxNoticed = 100

// NoticeOf is the notice of a gate.
func NoticeOf(g Gate) GateNotice {
	if len(g.Parts)+len(g.Open) > MaxNoticed {
		return GateNotice{Ask: true}
	}
	return GateNotice{Gate: g}
}

// TaskKind is what a task does.
type TaskKind string

// The tasks.
const (
	CancelTask TaskKind = "CANCEL" // begin no more of the part, and bring those in flight to their end or back
	ReturnTask TaskKind = "RETURN" // put the part's canaries back
	RetryTask  TaskKind = "RETRY"  // plan the part's canaries anew that did not get to the end
	ExportTask TaskKind = "EXPORT" // write the evidence of the cell
)

// Task is something that a cell does once.
type Task struct {
	Serial int64    `json:"serial"`
	Kind   TaskKind `json:"kind"`
	Part   Part     `json:"part,omitzero"`
	// Names are the canaries of a RetryTask; none means all of the part. Wave is the number of the wave that takes them.
	Names []string `json:"names,omitempty"`
	Wave  int      `json:"wave,omitempty"`
	// Back puts those in flight back, with a CancelTask.
	Back   bool   `json:"back,omitempty"`
	Reason string `json:"reason,omitempty"`
	// URI is where an ExportTask writes.
	URI string `json:"uri,omitempty"`
}
