package matrix

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"rekey/bench/machine"
)

// Earlier are the results of a report in a file that need not be played again: those that are equal. It is an error if they are
// of other versions than these, or were played with other settings.
func (c Config) Earlier(file string, versions machine.Versions) ([]Result, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, err
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if r.Versions != versions {
		return nil, fmt.Errorf("%s is of %+v, and this would be of %+v: begin anew", file, r.Versions, versions)
	}
	if r.Seed != c.Seed || r.TimeScale != c.TimeScale {
		return nil, fmt.Errorf("%s is of seed %d and time scale %g: begin anew, or with those", file, r.Seed, r.TimeScale)
	}
	if len(r.Died) > 0 {
		return nil, fmt.Errorf("in the run of %s a process died without having been killed, which must not be forgotten: begin anew: %s", file, r.Died[0])
	}
	return slices.DeleteFunc(r.Results, func(r Result) bool { return !r.Reached || !r.Equal }), nil
}
