package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"rekey/bench/machine"
)

// Results are all campaigns of a run of the program.
type Results struct {
	Machine  machine.Machine  `json:"machine"`
	Versions machine.Versions `json:"versions"`
	When     string           `json:"when"`
	// TimeScale is how many simulated seconds passed in a real one.
	TimeScale float64     `json:"time_scale"`
	Without   []string    `json:"without,omitempty"`
	Campaigns []*Campaign `json:"campaigns"`
	// Faults and Outcomes are the campaigns' sums.
	Faults   map[string]int64 `json:"faults"`
	Outcomes map[string]int   `json:"outcomes"`
	Finished int              `json:"migrations_finished"`
	Canaries int              `json:"canaries"`
	Runs     int              `json:"runs"`
	Broken   int              `json:"invariants_broken"`

	mu      sync.Mutex
	verbose bool
}

func newResults(s settings, versions machine.Versions) *Results {
	r := &Results{
		Machine: machine.This(), Versions: versions,
		When:      time.Now().UTC().Format(time.RFC3339),
		TimeScale: s.script.TimeScale, Campaigns: make([]*Campaign, len(s.seeds)), verbose: s.verbose,
		Faults: map[string]int64{}, Outcomes: map[string]int{},
	}
	for _, k := range s.script.Without {
		r.Without = append(r.Without, string(k))
	}
	return r
}

// set adds a campaign.
func (r *Results) set(i int, c *Campaign) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Campaigns[i] = c
	for k, n := range c.Faults {
		r.Faults[k] += n
	}
	for k, n := range c.Outcomes {
		r.Outcomes[k] += n
	}
	r.Finished += c.Finished
	r.Canaries += c.Canaries
	r.Runs += c.Runs
	r.Broken += len(c.Broken)
}

// leaveOutUnplayed leaves only the campaigns that were set.
func (r *Results) leaveOutUnplayed() {
	r.Campaigns = slices.DeleteFunc(r.Campaigns, func(c *Campaign) bool { return c == nil })
}

// tell prints a campaign: one line, and more when an invariant is broken.
func (r *Results) tell(w io.Writer, c *Campaign) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	if r.verbose {
		b.WriteString(c.told + "\n")
	}
	fmt.Fprintf(&b, "seed=%d canaries=%d migrations=%d/%d runs=%d faults: %s outcomes: %s broken=%d (%.0f s)\n",
		c.Seed, c.Canaries, c.Finished, c.Migrations, c.Runs, listed(c.Faults), listed(c.Outcomes), len(c.Broken), c.Seconds)
	for _, broken := range c.Broken {
		fmt.Fprintf(&b, "  BROKEN: %s: %s %s\n", broken.Invariant, broken.Canary, broken.What)
	}
	if len(c.Broken) > 0 {
		fmt.Fprintf(&b, "  told in %s, with the journal beside it; again: %s\n", c.file, r.again(c.Seed))
	}
	_, _ = io.WriteString(w, b.String()) // nobody reads it any more
}

// again is how to play a campaign again.
func (r *Results) again(seed uint64) string {
	flags := []string{fmt.Sprintf("--time-scale %g", r.TimeScale)}
	for _, k := range r.Without {
		flags = append(flags, "--without "+k)
	}
	return fmt.Sprintf("make faults SEEDS=%d-%d FAULTFLAGS='%s'", seed, seed, strings.Join(flags, " "))
}

func listed[N int | int64](counts map[string]N) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s=%d", k, counts[k]))
	}
	return strings.Join(parts, " ")
}

func (r *Results) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

// conclude prints the sums, and fails when an invariant is broken.
func (r *Results) conclude(w io.Writer) error {
	var faults int64
	for _, n := range r.Faults {
		faults += n
	}
	_, err := fmt.Fprintf(w, "injected: %s\noutcomes: %s\n"+
		"faults: campaigns=%d migrations_finished=%d canaries=%d runs=%d faults=%d invariants_broken=%d\n",
		listed(r.Faults), listed(r.Outcomes), len(r.Campaigns), r.Finished, r.Canaries, r.Runs, faults, r.Broken)
	if r.Broken > 0 {
		return fmt.Errorf("%d invariants are broken", r.Broken)
	}
	return err
}
