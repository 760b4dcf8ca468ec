package workflows

import "time"

// Forecast is what carrying out a plan is expected to take, if nothing is in the way.
type Forecast struct {
	// Calls are AWS calls by IAM action.
	Calls map[string]int `json:"calls,omitempty"`
	// ExtraRuns are runs that the canaries would not make without the migration.
	ExtraRuns int `json:"extra_runs,omitempty"`
	// Canary is how long (in AWS's time) one canary takes, the quickest and the slowest; Access, how long a cell sees to
	// its access after that.
	Canary TimeRange `json:"canary,omitzero"`
	Access TimeRange `json:"access,omitzero"`
	// Interval is how long (in AWS's time) it is from one run of a canary to the next by its schedule, the shortest and the
	// longest; zero where none runs by itself.
	Interval TimeRange `json:"interval,omitzero"`
	// Spread is the longest time (in AWS's time) for which a canary's edit waits for a run that is due; zero where none does.
	Spread time.Duration `json:"spread,omitempty"`
	// Peak is how many runs go on at once, Minutes how many in each minute of an hour. Peaks are those of cells: of a cell's
	// own forecast itself, of a sum at most MaxPeaks, the highest.
	Peak    Peak       `json:"peak,omitzero"`
	Minutes *Minutes   `json:"minutes,omitempty"`
	Peaks   []CellPeak `json:"peaks,omitempty"`
	// Total is how long the whole takes, in real time. A migration fills it in.
	Total TimeRange `json:"total,omitzero"`
	// Losing counts canaries by the viewers who lose sight of them, at most MaxLosing viewers.
	Losing map[string]int `json:"losing,omitempty"`
}

// MaxLosing bounds Forecast.Losing, and MaxPeaks Forecast.Peaks.
const (
	MaxLosing = 50
	MaxPeaks  = 50
)

// Peak is how many runs of the selected canaries go on at once, at most: by their schedules, in each of their browsers.
// What comes beside the schedules is not in it: dry runs, retries, runs that somebody starts.
type Peak struct {
	// Before is by the phases that the canaries have; After, by those that they have when all are edited as the rollout asks;
	// AtOnce, by those that they would have if each were edited as soon as it can be.
	Before int `json:"before,omitempty"`
	After  int `json:"after,omitempty"`
	AtOnce int `json:"at_once,omitempty"`
	// Assumed is of how many canaries no last run is known: their phases are taken to be spread evenly.
	Assumed int `json:"assumed,omitempty"`
}

// CellPeak is the peak of a cell.
type CellPeak struct {
	Cell Cell `json:"cell"`
	Peak Peak `json:"peak"`
}

// Minutes are the most runs that go on at once in each minute of an hour, in any hour: by them the peaks of cells are summed
// up that don't coincide. After is nil where it is as Before.
type Minutes struct {
	Before []int `json:"before"`
	After  []int `json:"after,omitempty"`
}

// TimeRange is a range of times.
type TimeRange struct {
	Least time.Duration `json:"least,omitempty"`
	Most  time.Duration `json:"most,omitempty"`
}
