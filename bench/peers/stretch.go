package peers

import (
	"context"
	"slices"
	"time"
)

// Stretch is when and how fast a contender made one kind of change.
type Stretch struct {
	// Operation is "service:Operation".
	Operation string `json:"operation"`
	Calls     int    `json:"calls"`
	// From and Until are when the first and the last were made, in seconds after the contender's start.
	From  float64 `json:"from_seconds"`
	Until float64 `json:"until_seconds"`
	// Used is how much of the limit was used in between, 0 to 1; 0 where there is no limit.
	Used float64 `json:"share_of_limit_used"`
}

// stretches are those of a contender that began at a time of AWS's, in the order in which they began.
func (w world) stretches(ctx context.Context, load Workload, begun time.Time) ([]Stretch, error) {
	entries, _, err := w.mutations(ctx, 0)
	if err != nil {
		return nil, err
	}
	times := map[string][]float64{}
	for _, e := range entries {
		if slices.Contains(changes, e.Action) {
			times[e.Action] = append(times[e.Action], e.Time.Sub(begun).Seconds()/load.TimeScale)
		}
	}
	var list []Stretch
	for _, operation := range changes {
		if at := times[operation]; len(at) > 0 {
			slices.Sort(at)
			list = append(list, stretch(operation, at, load))
		}
	}
	return list, nil
}

// changes are what a migration changes. The journal calls operations as IAM does, which for these is the same.
var changes = []string{"kms:CreateGrant", "synthetics:StartCanaryDryRun", "synthetics:UpdateCanary", "kms:RevokeGrant"}

func stretch(operation string, at []float64, load Workload) Stretch {
	s := Stretch{Operation: operation, Calls: len(at), From: at[0], Until: at[len(at)-1]}
	if !load.Limited || s.Until == s.From {
		return s
	}
	for _, l := range load.limits() {
		if l.name() == operation {
			s.Used = max(float64(s.Calls)/float64(load.cells())-l.reserve(), 0) / l.PerSecond / (s.Until - s.From)
		}
	}
	return s
}
