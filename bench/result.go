package main

import (
	"encoding/json"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Workload is what is migrated.
type Workload struct {
	Canaries    int     `json:"canaries"`
	Accounts    int     `json:"accounts"`
	Cells       int     `json:"cells"`
	Concurrency int     `json:"concurrency_per_cell"`
	Seed        uint64  `json:"seed"`
	TimeScale   float64 `json:"time_scale"`
}

// Result is what one run measured.
type Result struct {
	Workload Workload `json:"workload"`
	Machine  Machine  `json:"machine"`
	When     string   `json:"when"`

	PlanSeconds       float64 `json:"plan_seconds"`
	MigrateSeconds    float64 `json:"migrate_seconds"`
	CanariesPerSecond float64 `json:"canaries_per_second"`

	// CallsPerCanary are AWS calls between the approval and the rest, CallsToPlan those before, per canary.
	CallsPerCanary float64            `json:"aws_calls_per_canary"`
	CallsToPlan    float64            `json:"aws_calls_per_canary_to_plan"`
	Calls          map[string]float64 `json:"aws_calls_per_canary_by_operation"`

	// EventsPerCanary are the history events of all workflows, per canary.
	EventsPerCanary float64 `json:"history_events_per_canary"`
	// CPU is CPU milliseconds per canary by process, from the approval to the rest.
	CPU map[string]float64 `json:"cpu_ms_per_canary"`
	// MemoryMB is each process's resident memory at the end.
	MemoryMB map[string]float64 `json:"memory_mb"`

	RunsLost   int `json:"runs_lost"`
	RunsCaused int `json:"runs_failed_because_of_migration"`
}

// Machine is where it was measured.
type Machine struct {
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
}

func thisMachine() Machine {
	return Machine{Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
}

func (r *Result) write(file string) error {
	r.When = time.Now().UTC().Format(time.RFC3339)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

func (r *Result) print(w io.Writer) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"measured", "value"})
	t.AppendRows([]table.Row{
		{"canaries, cells", []int{r.Workload.Canaries, r.Workload.Cells}},
		{"seconds to plan", r.PlanSeconds},
		{"seconds to migrate", r.MigrateSeconds},
		{"canaries migrated per second", r.CanariesPerSecond},
		{"AWS calls per canary to plan", r.CallsToPlan},
		{"AWS calls per canary to migrate", r.CallsPerCanary},
		{"history events per canary", r.EventsPerCanary},
		{"runs lost, failed because of the migration", []int{r.RunsLost, r.RunsCaused}},
	})
	t.AppendSeparator()
	for _, operation := range byCost(r.Calls) {
		t.AppendRow(table.Row{"  " + operation, r.Calls[operation]})
	}
	t.AppendSeparator()
	for _, process := range byCost(r.CPU) {
		t.AppendRow(table.Row{"CPU ms per canary, " + process, r.CPU[process]})
		t.AppendRow(table.Row{"memory MB, " + process, r.MemoryMB[process]})
	}
	t.Render()
}

// byCost is a map's keys, the most expensive first.
func byCost(m map[string]float64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		switch {
		case m[a] > m[b]:
			return -1
		case m[a] < m[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
	return keys
}
