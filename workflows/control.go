package workflows

import (
	"fmt"
	"time"
)

// Caller is who called. Verified says that the name comes from a client certificate.
type Caller struct {
	Name     string `json:"name,omitempty"`
	Verified bool   `json:"verified,omitempty"`
}

// Part is what a verb is about: a wave, a cell or a canary. The zero value is everything.
type Part struct {
	Wave *int  `json:"wave,omitempty"`
	Cell *Cell `json:"cell,omitempty"`
	// Canary is a name in the cell.
	Canary string `json:"canary,omitempty"`
}

// IsAll reports whether the part is everything.
func (p Part) IsAll() bool { return p.Wave == nil && p.Cell == nil }

// Covers reports whether a canary of a wave belongs to the part. Wave -1 and an empty name stand for work that is the
// cell's: a part of a cell does not cover it.
func (p Part) Covers(cell Cell, wave int, canary string) bool {
	if p.Wave != nil {
		return wave == *p.Wave
	}
	if p.Cell == nil {
		return true
	}
	return *p.Cell == cell && (p.Canary == "" || p.Canary == canary)
}

// Touches reports whether anything of a cell may belong to the part.
func (p Part) Touches(cell Cell) bool { return p.Cell == nil || *p.Cell == cell }

// Same reports whether two parts are one.
func (p Part) Same(o Part) bool { return p.String() == o.String() }

// String names the part for people.
func (p Part) String() string {
	switch {
	case p.Wave != nil:
		return fmt.Sprintf("wave %d", *p.Wave)
	case p.Cell != nil && p.Canary != "":
		return fmt.Sprintf("canary %s of account %s in %s", p.Canary, p.Cell.Account, p.Cell.Region)
	case p.Cell != nil:
		return fmt.Sprintf("account %s in %s", p.Cell.Account, p.Cell.Region)
	}
	return "everything"
}

// Subject is on whose behalf an activity changes something; the zero value is nobody's, which no pause holds.
type Subject struct {
	Migration string `json:"migration"`
	Cell      Cell   `json:"cell"`
	Wave      int    `json:"wave"`
	Canary    string `json:"canary,omitempty"`
}

// PauseCause is what paused a part.
type PauseCause string

// The causes of pauses.
const (
	ByOperator     PauseCause = "OPERATOR"
	ByBudget       PauseCause = "BUDGET"
	ByInconclusive PauseCause = "INCONCLUSIVE"
	ByWave         PauseCause = "WAVE"
)

// Pause is why a part is paused. By is empty where rekey paused it.
type Pause struct {
	Part   Part       `json:"part,omitzero"`
	Cause  PauseCause `json:"cause"`
	Reason string     `json:"reason,omitempty"`
	By     Caller     `json:"by,omitzero"`
	Time   time.Time  `json:"time,omitzero"`
}

// Resume ends the pause of a part.
type Resume struct {
	Part   Part   `json:"part,omitzero"`
	Reason string `json:"reason,omitempty"`
	By     Caller `json:"by,omitzero"`
}

// Advance ends the bake of a wave, or the pause after it.
type Advance struct {
	Wave   int    `json:"wave"`
	Reason string `json:"reason,omitempty"`
	By     Caller `json:"by,omitzero"`
}

// Retry takes canaries up again. Names are in any cell of the part; none means all.
type Retry struct {
	Part   Part     `json:"part,omitzero"`
	Names  []string `json:"names,omitempty"`
	Reason string   `json:"reason,omitempty"`
	By     Caller   `json:"by,omitzero"`
}

// RolloutChange changes a rollout. What is nil stays.
type RolloutChange struct {
	MaxConcurrent   *int         `json:"max_concurrent,omitempty"`
	MaxTotal        *int         `json:"max_total,omitempty"`
	StartsPerMinute *int         `json:"starts_per_minute,omitempty"`
	Edits           EditTiming   `json:"edits,omitempty"` // empty: stays
	Budget          *Budget      `json:"budget,omitempty"`
	NoBudget        bool         `json:"no_budget,omitempty"`
	Waves           []WaveChange `json:"waves,omitempty"`
	Reason          string       `json:"reason,omitempty"`
	By              Caller       `json:"by,omitzero"`
}

// WaveChange changes how a wave is judged. What is nil stays.
type WaveChange struct {
	Wave       int            `json:"wave"`
	BakeTime   *time.Duration `json:"bake_time,omitempty"`
	BakeRuns   *int           `json:"bake_runs,omitempty"`
	Budget     *Budget        `json:"budget,omitempty"`
	PauseAfter *bool          `json:"pause_after,omitempty"`
}

// Closing ends a migration after its evidence was written. An empty URI means the workers' default place; Discard, that
// nothing is written.
type Closing struct {
	URI     string    `json:"uri,omitempty"`
	Discard bool      `json:"discard,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	By      Caller    `json:"by,omitzero"`
	Time    time.Time `json:"time,omitzero"`
}

// Verb is a call that steered a migration.
type Verb string

// The verbs; the names are those of the API's ControlVerb without their prefix.
const (
	CreateVerb   Verb = "CREATE"
	ApproveVerb  Verb = "APPROVE"
	PauseVerb    Verb = "PAUSE"
	ResumeVerb   Verb = "RESUME"
	CancelVerb   Verb = "CANCEL"
	RollBackVerb Verb = "ROLL_BACK"
	RetryVerb    Verb = "RETRY"
	AdvanceVerb  Verb = "ADVANCE"
	RolloutVerb  Verb = "UPDATE_ROLLOUT"
	ConfirmVerb  Verb = "CONFIRM_SOURCE_CHANGE"
	CloseVerb    Verb = "CLOSE"
)

// Control is a line of a migration's log.
type Control struct {
	Verb   Verb      `json:"verb"`
	By     Caller    `json:"by,omitzero"`
	Time   time.Time `json:"time"`
	From   State     `json:"from,omitempty"`
	Part   Part      `json:"part,omitzero"`
	Detail string    `json:"detail,omitempty"`
}

// MaxControls bounds the lines that a view has; older ones are in the evidence of histories alone.
const MaxControls = 200

// Gated is the input of an activity that changes something in AWS: on whose behalf it does.
type Gated interface {
	// Subjects are those for whom the activity acts; a pause of any of them holds it.
	Subjects() []Subject
}

// Subjects implements Gated.
func (in EnsureAccessInput) Subjects() []Subject { return []Subject{in.By} }

// Subjects implements Gated.
func (in RevokeInput) Subjects() []Subject { return append([]Subject{in.By}, in.Of...) }

// Subjects implements Gated.
func (in KeyEdit) Subjects() []Subject { return []Subject{in.By} }

// Subjects implements Gated.
func (in KeyPolicyInput) Subjects() []Subject {
	var list []Subject
	for _, edit := range in.Edits {
		list = append(list, edit.By)
	}
	return list
}

// Subjects implements Gated.
func (in DryRunInput) Subjects() []Subject { return []Subject{in.By} }

// Subjects implements Gated.
func (in UpdateInput) Subjects() []Subject { return []Subject{in.By} }

// Subjects implements Gated.
func (in StartInput) Subjects() []Subject { return []Subject{in.By} }

// Subjects implements Gated.
func (in StopInput) Subjects() []Subject { return []Subject{in.By} }

// Subjects implements Gated.
func (in SetBaselineInput) Subjects() []Subject { return []Subject{in.By} }
