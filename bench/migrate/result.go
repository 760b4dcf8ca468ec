package migrate

import (
	"strings"

	"rekey/bench/history"
	"rekey/bench/machine"
	"rekey/bench/record"
)

// Result is what one size measured. "Per canary" divides by all canaries of the fleet.
type Result struct {
	Workload Workload         `json:"workload"`
	Machine  machine.Machine  `json:"machine"`
	Versions machine.Versions `json:"versions"`

	PlanSeconds       float64 `json:"plan_seconds"`
	MigrateSeconds    float64 `json:"migrate_seconds"`
	CanariesPerSecond float64 `json:"canaries_per_second"`

	// CallsPerCanary are AWS calls between the approval and the rest, CallsToPlan those before, per canary.
	CallsPerCanary float64            `json:"aws_calls_per_canary"`
	CallsToPlan    float64            `json:"aws_calls_per_canary_to_plan"`
	Calls          map[string]float64 `json:"aws_calls_per_canary_by_operation"`

	// CPU is CPU milliseconds per canary by process, from the approval to the rest; CPUToPlan, before.
	CPU       map[string]float64 `json:"cpu_ms_per_canary"`
	CPUToPlan map[string]float64 `json:"cpu_ms_per_canary_to_plan"`
	// MemoryMB is each process's resident memory in MiB at the end, PeakMB the most that it ever was.
	MemoryMB map[string]float64 `json:"memory_mb"`
	PeakMB   map[string]float64 `json:"peak_memory_mb"`

	// EventsPerCanary and ActionsPerCanary are the history events and the billable actions of all workflows from the first
	// to the last, planning included, per canary. The histories show no queries and no heartbeats.
	EventsPerCanary  float64              `json:"history_events_per_canary"`
	ActionsPerCanary float64              `json:"actions_per_canary"`
	Histories        map[string]Histories `json:"histories_by_workflow_type"`
	// ServerActions are those that the server counted from the approval to the rest, per canary and by its names for them:
	// queries and heartbeats are among them, the work of planning is not.
	ServerActions map[string]float64 `json:"server_actions_per_canary"`

	RunsLost   int `json:"runs_lost"`
	RunsCaused int `json:"runs_failed_because_of_migration"`
}

// Histories are the histories of a workflow type, per canary.
type Histories struct {
	Runs       int64              `json:"runs"`
	Events     map[string]float64 `json:"events_per_canary"`
	Activities map[string]float64 `json:"activities_per_canary"`
	Retries    map[string]float64 `json:"activity_retries_per_canary,omitempty"`
	Actions    map[string]float64 `json:"actions_per_canary"`
	// LongestEvents and LongestMB are those of the longest run, of which Temporal takes 51,200 and 50.
	LongestEvents int64   `json:"longest_events"`
	LongestMB     float64 `json:"longest_mb"`
}

// fill works out the costs per canary between two observations.
func (r *Result) fill(before, after observation) {
	n := float64(r.Workload.Canaries)
	r.CanariesPerSecond = record.Round(n / r.MigrateSeconds)
	r.Calls, r.ServerActions = map[string]float64{}, map[string]float64{}
	for operation, spent := range since(before.calls, after.calls) {
		r.Calls[operation] = record.Round(float64(spent) / n)
	}
	r.CallsPerCanary = record.Round(float64(history.Sum(since(before.calls, after.calls))) / n)
	r.CallsToPlan = record.Round(float64(history.Sum(before.calls)) / n)
	for action, spent := range since(before.actions, after.actions) {
		r.ServerActions[action] = record.Round(float64(spent) / n)
	}
	r.CPU, r.CPUToPlan, r.MemoryMB, r.PeakMB = map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}
	for process, used := range after.processes {
		planned := before.processes[process].CPU
		r.CPU[process] = record.Round((used.CPU - planned).Seconds() * 1000 / n)
		r.CPUToPlan[process] = record.Round(planned.Seconds() * 1000 / n)
		r.MemoryMB[process], r.PeakMB[process] = record.Mebibytes(used.Memory), record.Mebibytes(used.Peak)
	}
}

// since is what was counted between two looks at the same counters.
func since(before, after map[string]int64) map[string]int64 {
	spent := map[string]int64{}
	for name, count := range after {
		if count > before[name] {
			spent[name] = count - before[name]
		}
	}
	return spent
}

func (r *Result) fillHistories(counts map[string]*history.Count) {
	n := float64(r.Workload.Canaries)
	r.Histories = map[string]Histories{}
	all := history.New()
	for name, count := range counts {
		all.Merge(count)
		r.Histories[name] = Histories{
			Runs: count.Runs, Events: per(n, count.Events), Activities: per(n, count.Activities),
			Retries: per(n, count.Retries), Actions: per(n, count.Actions),
			LongestEvents: count.LongestEvents, LongestMB: record.Mebibytes(count.LongestBytes),
		}
	}
	r.EventsPerCanary = record.Round(float64(history.Sum(all.Events)) / n)
	r.ActionsPerCanary = record.Round(float64(history.Sum(all.Actions)) / n)
}

func per(n float64, counts map[string]int64) map[string]float64 {
	shares := map[string]float64{}
	for name, count := range counts {
		shares[strings.TrimPrefix(name, "EVENT_TYPE_")] = record.Round(float64(count) / n)
	}
	return shares
}
