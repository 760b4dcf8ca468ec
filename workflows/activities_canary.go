package workflows

import "time"

// BeginDryRunInput asks from when on dry runs of a canary are the caller's own.
type BeginDryRunInput struct {
	Cell Cell   `json:"cell"`
	Name string `json:"name"`
}

// DryRunBegin is the time on AWS's clock before which the caller has asked for no dry run.
type DryRunBegin struct {
	At time.Time `json:"at"`
}

// DryRunInput asks for a dry run of a canary with new settings. One with those settings whose run began at or after Since
// and that has not been looked at is taken instead of starting another. The canary must be as Recorded.
type DryRunInput struct {
	Cell       Cell       `json:"cell"`
	Recorded   Settings   `json:"recorded"`
	To         Encryption `json:"to"`
	ToLocation string     `json:"to_location"`
	// Since is when the caller began, on AWS's clock: what an older dry run showed may have been mended, or been true by
	// access that is gone.
	Since time.Time `json:"since"`
	// Granted is when the youngest access was given, where Since is missing: the activity then begins by itself, at the
	// later of Granted and its own beginning.
	Granted time.Time `json:"granted,omitzero"`
	// Not are ids of dry runs that have been looked at.
	Not  []string `json:"not,omitempty"`
	Poll Poll     `json:"poll"`
	By   Subject  `json:"by,omitzero"`
}

// DryRunStarted is a dry run that was started or taken. Since is when the caller's dry runs began, on AWS's clock.
type DryRunStarted struct {
	DryRun
	Since time.Time `json:"since,omitzero"`
}

// AwaitDryRunInput asks for the end of a dry run. Until then the activity fails with NotYet.
type AwaitDryRunInput struct {
	Cell     Cell     `json:"cell"`
	Recorded Settings `json:"recorded"`
	DryRunID string   `json:"dry_run_id"`
	Poll     Poll     `json:"poll"`
	// Fresh says that it was started just before, and Expected how long it is likely to take, in AWS's time; zero where that is
	// not known.
	Fresh    bool          `json:"fresh,omitempty"`
	Expected time.Duration `json:"expected,omitempty"`
	// Prove asks that the objects of its runs be looked at, too; nil for none.
	Prove *Wanted `json:"prove,omitempty"`
}

// DryRunEnd is a dry run that is over: its runs, one per browser, or why it could not be made (Failed).
type DryRunEnd struct {
	Runs   []Run  `json:"runs,omitempty"`
	Failed string `json:"failed,omitempty"`
	// Proofs are what the objects of the runs carry, in their order, where that was asked for.
	Proofs []RunProof `json:"proofs,omitempty"`
}

// UpdateInput asks that a canary have an encryption and a location. The canary must still be as Recorded, or have them
// already.
type UpdateInput struct {
	Cell       Cell       `json:"cell"`
	Recorded   Settings   `json:"recorded"`
	To         Encryption `json:"to"`
	ToLocation string     `json:"to_location"`
	// DryRunID commits that dry run instead of naming settings.
	DryRunID string `json:"dry_run_id,omitempty"`
	// NextRun makes the next run the baseline, with the recorded screenshots and ignore areas, in the same request.
	NextRun bool `json:"next_run,omitempty"`
	// Stopped allows a canary that does not run.
	Stopped bool `json:"stopped,omitempty"`
	// Restore is the way back, whose To and ToLocation are the recorded ones: it allows a canary that has the encryption
	// Given and the location GivenLocation, which the migration gave it, and any baseline.
	Restore       bool       `json:"restore,omitempty"`
	Given         Encryption `json:"given,omitzero"`
	GivenLocation string     `json:"given_location,omitempty"`
	// Turn is when, on Temporal's clock, the canary may be edited; zero means at once.
	Turn time.Time `json:"turn,omitzero"`
	Poll Poll      `json:"poll"`
	By   Subject   `json:"by,omitzero"`
}

// Updated is the answer to an update. Since is the answer's date on AWS's clock, or the canary's own date of
// its last change where there was nothing to do.
type Updated struct {
	Since time.Time `json:"since"`
	// Visual is the baseline that was set, for SetBaseline and NextRun.
	Visual []VisualReference `json:"visual,omitempty"`
}

// ConfirmInput asks whether an update has settled and taken: the canary has the encryption and location and, where
// Visual is set, that baseline. Until it has settled the activity fails with NotYet.
type ConfirmInput struct {
	Cell       Cell              `json:"cell"`
	Name       string            `json:"name"`
	ID         string            `json:"id"`
	To         Encryption        `json:"to"`
	ToLocation string            `json:"to_location"`
	Visual     []VisualReference `json:"visual,omitempty"`
	Poll       Poll              `json:"poll"`
	// Begun is when the looking began, on Temporal's clock; zero for the activity's own beginning.
	Begun time.Time `json:"begun,omitzero"`
}

// ApplyUpdateInput asks for an update that has settled and taken. Limit is how long, in real time, it may take to settle
// after it was sent.
type ApplyUpdateInput struct {
	UpdateInput
	Limit time.Duration `json:"limit"`
}

// ApplyBaselineInput asks for a baseline that has settled and taken, with a limit as ApplyUpdateInput has.
type ApplyBaselineInput struct {
	SetBaselineInput
	Limit time.Duration `json:"limit"`
}

// Applied is an update that was made, and what became of it: Confirmed, or the Problem with which AWS settled it, or Late
// where that was still not to be seen after the limit.
type Applied struct {
	Updated
	Confirmed
	Problem *Problem `json:"problem,omitempty"`
	Late    bool     `json:"late,omitempty"`
}

// Confirmed is the canary after the update settled. Settled is the date, on AWS's clock, of the answer that showed it
// so: a run that started at or after it used the new settings.
type Confirmed struct {
	State   string    `json:"state"`
	Settled time.Time `json:"settled"`
}

// StartInput asks that a canary that rests run; Settled is when it was last seen resting, on AWS's clock.
type StartInput struct {
	Cell    Cell      `json:"cell"`
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	Settled time.Time `json:"settled"`
	Poll    Poll      `json:"poll"`
	By      Subject   `json:"by,omitzero"`
	// Repeated says that a pause ended an earlier activity of it, which may have started the canary.
	Repeated bool `json:"repeated,omitempty"`
}

// Started says that a canary runs. Ours says that rekey started it; one that somebody else started is not rekey's to
// stop.
type Started struct {
	Ours bool `json:"ours"`
}

// StopInput asks that a canary that rekey started stop again, once its run is over. One that has stopped by itself
// is left.
type StopInput struct {
	Cell Cell    `json:"cell"`
	Name string  `json:"name"`
	ID   string  `json:"id"`
	Poll Poll    `json:"poll"`
	By   Subject `json:"by,omitzero"`
}

// SetBaselineInput asks that a canary's baseline be those runs, one per browser, with the screenshots and ignore
// areas of Recorded.
type SetBaselineInput struct {
	Cell       Cell       `json:"cell"`
	Recorded   Settings   `json:"recorded"`
	To         Encryption `json:"to"`
	ToLocation string     `json:"to_location"`
	Runs       []Run      `json:"runs"`
	// Wiped says that the next run was asked to be the baseline before: what that made of the recorded screenshots and
	// ignore areas is not somebody else's change.
	Wiped bool    `json:"wiped,omitempty"`
	Poll  Poll    `json:"poll"`
	By    Subject `json:"by,omitzero"`
}
