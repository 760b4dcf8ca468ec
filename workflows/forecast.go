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
	// Total is how long the whole takes, in real time. A migration fills it in.
	Total TimeRange `json:"total,omitzero"`
	// Losing counts canaries by the viewers who lose sight of them, at most MaxLosing viewers.
	Losing map[string]int `json:"losing,omitempty"`
}

// MaxLosing bounds Forecast.Losing.
const MaxLosing = 50

// TimeRange is a range of times.
type TimeRange struct {
	Least time.Duration `json:"least,omitempty"`
	Most  time.Duration `json:"most,omitempty"`
}
