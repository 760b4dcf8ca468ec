package performance

import (
	"bytes"
	"strings"
	"testing"

	"rekey/bench/control"
	"rekey/bench/designs"
	"rekey/bench/edits"
	"rekey/bench/limiter"
	"rekey/bench/load"
	"rekey/bench/migrate"
	"rekey/bench/peers"
	"rekey/durable/kill/matrix"
	"rekey/durable/kill/point"
	"rekey/internal/stack"
)

const when = "2026-11-26T12:00:00Z"

// sample are results of every kind: of a kill that left a difference, of a fleet that is large, of limits that are met.
func sample(t *testing.T) *Results {
	t.Helper()
	kinds := map[string]load.Kind{
		"GetMigration": {Calls: 100, Codes: map[string]int{"OK": 90, "ResourceExhausted": 10}, Answered: load.Latency{P50: 5, P99: 50}},
		"Health.Check": {Calls: 50, Codes: map[string]int{"OK": 50}, Answered: load.Latency{P50: 1, P99: 2}},
	}
	f := &faults{}
	if err := decode([]byte(`{"when":"`+when+`","campaigns":[{"seed":7,"migrations":2,"migrations_finished":2}],"migrations_finished":2,
		"faults":{"late":1200},"outcomes":{"MIGRATED":40},"invariants_broken":0}`), f); err != nil {
		t.Fatal(err)
	}
	small, large := size(1000), size(largeFleet)
	return &Results{
		Kill: &kill{&matrix.Report{When: when, Names: map[string]int{matrix.NameOf(0, point.Point{Kind: point.Call}): 1}, Results: []matrix.Result{
			{Case: matrix.Case{Victim: stack.Worker, Point: point.Point{Kind: point.Call}}, Reached: true, Equal: true, Recovery: 2},
			{Case: matrix.Case{Victim: stack.Temporal, Point: point.Point{Kind: point.HandOn}}, Reached: true, Recovery: 9},
		}}},
		Faults: f,
		Load: &api{&load.Result{
			When: when, Steps: []load.Step{{Rate: 50, Kinds: kinds}, {Rate: 800, Kinds: kinds}}, Stalled: kinds,
			Hostile: []load.Attack{{Name: "garbage", Code: "Internal", Right: true, Recovered: true}},
		}},
		Control: verbs{{When: when, InFlight: 1000, Pause: control.Verb{Answered: []float64{20}, Effective: []float64{300}}}},
		Scale: scale{{When: when, Results: []*migrate.Result{small, large}, Growth: []migrate.Growth{{
			From: 1000, To: largeFleet, Ratio: map[string]float64{"CPU": 1.1, "history events": 1, "AWS calls": 1.3},
		}}}},
		Limiter: &limits{&limiter.Result{Cases: []*limiter.Case{{Limit: 10, Bucket: 10, Workers: 3, Used: 0.95, Throttled: 0.002}}}},
		Peers: &contest{&peers.Result{
			When: when, Goals: []peers.Goal{{Name: "with limits, rekey to the bound", Most: 1.1, Got: 1.05}},
			Answers: []peers.Answer{{
				Question: peers.Question{Name: "with limits"}, Bound: peers.Bound{Seconds: 10, Least: map[string]float64{"kms:CreateGrant": 1}},
				Runs:      []peers.Run{{Contender: peers.Rekey, Canaries: 10, Calls: map[string]int64{"kms:CreateGrant": 12}}},
				Summaries: []peers.Summary{{Contender: peers.Rekey, Seconds: peers.Spread{Median: 11}}},
			}},
			Kills: []peers.Kill{{Contender: peers.Rekey, End: peers.Inventory{After: 10}}},
		}},
		Designs: &costs{&designs.Result{Rows: []designs.Row{
			{Design: "cell", Median: designs.Figures{Events: 12, Actions: 4}, Times: 1, Repeats: make([]designs.Figures, 3)},
			{Design: "child", Median: designs.Figures{Events: 28, Actions: 8}, Times: 2.5, Gives: "An id that locks."},
		}}},
		Edits: &turns{&edits.Result{When: when, Rows: []edits.Row{{Before: 30, Ways: map[edits.Way]edits.Peak{edits.WhenDue: {Midway: 30, After: 30}}}}}},
	}
}

// size is what a fleet of a size measured.
func size(canaries int) *migrate.Result {
	return &migrate.Result{
		Workload: migrate.Workload{Canaries: canaries}, PeakMB: map[string]float64{stack.Server: 90, stack.Worker: 600},
		Histories: map[string]migrate.Histories{"Cell": {LongestEvents: 2000}},
	}
}

// Each part of the page shows its result, and the goals are met, missed or not measured as the results say.
func TestPageShowsEveryPart(t *testing.T) {
	r := sample(t)
	files, err := compose(r)
	if err != nil {
		t.Fatal(err)
	}
	page := string(files["performance.md"])
	if strings.Contains(page, "Not measured yet") {
		t.Error("a part says that it was not measured")
	}
	for name, want := range map[string]string{
		"kill":               "|  | cases whose lasting changes differ | 0 | 1 of 2 cases | **missed** |",
		"interrupted":        "|  | names of points without a case | 0 | 1 of 2 names, each for a process | **missed** |",
		"points of one name": "and each process was killed at 1 of them at most.",
		"faults":             "| Faults | invariants broken | 0 | 0 of 1 campaigns | met |",
		"a verb, too small":  "| Control verbs | PauseMigration effective, ms, slowest of 1 | < 1,000 at 10,000 in flight | 300 at 1,000 | not measured |",
		"scale, met":         "|  | CPU per canary, as a ratio to those at 1,000 | ≤ 1.2 at 100,000 | 1.1 at 100,000 | met |",
		"scale, missed":      "|  | AWS calls per canary, as a ratio to those at 1,000 | ≤ 1.2 at 100,000 | 1.3 at 100,000 | **missed** |",
		"memory":             "|  | memory of the rekey-worker, MiB | ≤ 512 at 100,000 | 600 at 100,000 | **missed** |",
		"limits":             "| Limits | 10 calls a second, a bucket of 10, workers: 3 | ≥ 90 % used, < 1 % throttled | 95 %, 0.2 % | met |",
		"peers":              "| Peers | with limits, rekey to the bound | ≤ 1.1 | 1.05 | met |",
		"designs":            "|  | times as many canaries a second as with a child workflow per canary | ≥ 3 | 2.5 | **missed** |",
		"calls":              "| kms:CreateGrant | 1 | 0 | 1.2 |",
		"what is given up":   "| child | An id that locks. |",
		"nothing answered":   "| 50 | Health.Check | 50 | 0 | 1 | 2 | – | – |",
	} {
		if !strings.Contains(page, strings.TrimPrefix(want, "|  ")) {
			t.Errorf("%s: no line %s in\n%s", name, want, r.Goals())
		}
	}
	for _, name := range []string{"recovery", "latency", "scale", "calls", "peers", "designs"} {
		file := "images/performance-" + name + ".svg"
		if !bytes.Contains(files[file], []byte("</svg>")) {
			t.Errorf("%s is not drawn", file)
		}
		if !strings.Contains(page, "]("+file+")") {
			t.Errorf("%s is not shown", file)
		}
	}
}
