package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// takeOver takes the campaigns of those seeds from an earlier run's results, broken ones too. It is an error if they are of other
// versions than these, or were played with other settings.
func (r *Results) takeOver(file string, seeds []uint64) error {
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own file
	if err != nil {
		return err
	}
	var earlier Results
	if err := json.Unmarshal(text, &earlier); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if earlier.Versions != r.Versions {
		return fmt.Errorf("%s is of %+v, and this would be of %+v: begin anew", file, earlier.Versions, r.Versions)
	}
	if earlier.TimeScale != r.TimeScale || !slices.Equal(earlier.Without, r.Without) {
		return fmt.Errorf("%s is of time scale %g and without %v: begin anew, or with those", file, earlier.TimeScale, earlier.Without)
	}
	for _, c := range earlier.Campaigns {
		if i := slices.Index(seeds, c.Seed); i >= 0 && r.Campaigns[i] == nil {
			r.set(i, c)
		}
	}
	return nil
}
