package main

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/bench/machine"
	"rekey/durable/faults/judge"
)

// TestTakeOver goes on where an earlier run was interrupted: what was played counts, also where it broke something.
func TestTakeOver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "faults.json")
	s := settings{seeds: []uint64{1, 2, 3, 4}}
	s.script.TimeScale = 120
	now := machine.Versions{Rekey: "abc", Go: "go1.26"}
	first := newResults(s, now)
	first.set(1, &Campaign{Seed: 2, Canaries: 5, Faults: map[string]int64{"late": 3}})
	first.set(2, &Campaign{Seed: 3, Finished: 1, Broken: []judge.Broken{{Invariant: "a run is lost"}}})
	first.leaveOutUnplayed()
	if err := first.write(file); err != nil {
		t.Fatal(err)
	}

	s.seeds = []uint64{3, 2, 9}
	second := newResults(s, now)
	if err := second.takeOver(file, s.seeds); err != nil {
		t.Fatal(err)
	}
	if c := second.Campaigns; c[0].Seed != 3 || c[1].Seed != 2 || c[2] != nil {
		t.Errorf("campaigns %+v, want those of seeds 3 and 2", c)
	}
	if diff := cmp.Diff(map[string]int64{"late": 3}, second.Faults); diff != "" || second.Broken != 1 || second.Canaries != 5 || second.Finished != 1 {
		t.Errorf("sums %+v; faults (-want +got):\n%s", second, diff)
	}

	for name, r := range map[string]*Results{
		"another commit":     newResults(s, machine.Versions{Rekey: "abcd", Go: "go1.26"}),
		"another time scale": newResults(settings{seeds: s.seeds}, now),
	} {
		if err := r.takeOver(file, s.seeds); err == nil {
			t.Errorf("results of %s are taken over", name)
		}
	}
}
