package performance

import (
	"encoding/json"
	"fmt"
	"strings"

	"rekey/bench/machine"
)

// faults are what the fault campaigns came to: what the page shows of durable/faults' results.
type faults struct {
	Machine   machine.Machine
	Versions  machine.Versions
	When      string
	TimeScale float64  `json:"time_scale"`
	Without   []string // kinds of acts that were left out
	Campaigns []struct {
		Seed       uint64
		Migrations int
		Failed     int `json:"runs_failed"`
		Finished   int `json:"migrations_finished"`
		Seconds    float64
		Canaries   int
		Runs       int
		Faults     map[string]int64
		Outcomes   map[string]int
		Broken     []json.RawMessage
	}
	Faults   map[string]int64
	Outcomes map[string]int
	Finished int `json:"migrations_finished"`
	Canaries int
	Runs     int
	Broken   int `json:"invariants_broken"`
}

func (f *faults) goals(section string) []goal {
	if f == nil {
		return nil
	}
	return []goal{
		none(section, "invariants broken", f.Broken, grouped(len(f.Campaigns))+" campaigns"),
		none(section, "migrations that did not end", f.migrations()-f.Finished, grouped(f.migrations())+" migrations"),
	}
}

// migrations is how many were created.
func (f *faults) migrations() int {
	n := 0
	for _, c := range f.Campaigns {
		n += c.Migrations
	}
	return n
}

// Made says how it was measured.
func (f *faults) Made() string {
	how := []string{
		where(f.Machine), with(f.Versions),
		fmt.Sprintf("%g simulated seconds in a real one", f.TimeScale),
	}
	if len(f.Without) > 0 {
		how = append(how, "without "+strings.Join(f.Without, ", "))
	}
	return made(f.When, "make faults SEEDS="+f.seeds(), how...)
}

// seeds are those that were played, as SEEDS takes them.
func (f *faults) seeds() string {
	var list []string
	row := true // one after another
	first := f.Campaigns[0].Seed
	for i, c := range f.Campaigns {
		list = append(list, fmt.Sprint(c.Seed))
		row = row && c.Seed == first+uint64(i) //nolint:gosec // an index
	}
	if row {
		return list[0] + "-" + list[len(list)-1]
	}
	return strings.Join(list, ",")
}

// Table is the sums of all campaigns.
func (f *faults) Table() string {
	var injected int64
	for _, n := range f.Faults {
		injected += n
	}
	t := newTable("counted", "")
	t.row("campaigns", grouped(len(f.Campaigns)))
	t.row("migrations, ended", fmt.Sprintf("%s, %s", grouped(f.migrations()), grouped(f.Finished)))
	t.row("canaries, scheduled runs", fmt.Sprintf("%s, %s", grouped(f.Canaries), grouped(f.Runs)))
	t.row("faults and acts of others", grouped(injected))
	t.row("of which", listed(f.Faults))
	t.row("outcomes of canaries", listed(f.Outcomes))
	t.row("invariants broken", f.Broken)
	return t.String()
}
