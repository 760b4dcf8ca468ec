package phase

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows/schedule"
)

// way is a way of editing canaries: the phase of each afterwards, by its cell and its place among the canaries of that cell.
type way func(r Runner, place, ofCell int) time.Duration

// story is how long the story of a canary takes, and window how many are told at a time.
const (
	storyTime = 140 * time.Second
	window    = 20
)

// ways are those that were weighed for edits (docs/decisions/0017-edits-keep-the-phase.md).
var ways = map[string]way{
	"as soon as can be": func(_ Runner, place, _ int) time.Duration { return time.Duration(place/window) * storyTime },
	"evenly in each cell": func(r Runner, place, ofCell int) time.Duration {
		return time.Duration(place) * r.Schedule.Every() / time.Duration(ofCell)
	},
	"when due": func(r Runner, _, _ int) time.Duration { return r.From.Sub(noon) },
}

// TestWaysOfEditing compares ways of editing canaries whose phases are spread at random: how many runs go on at once when half
// of them are edited, and when all are. It names the ways that are ever worse than before.
func TestWaysOfEditing(t *testing.T) {
	for name, fleet := range map[string]struct {
		cells, ofCell int
		expression    string
		worse         []string
	}{
		"1 cell, 200 canaries every 5 minutes":  {1, 200, "rate(5 minutes)", []string{"as soon as can be"}},
		"1 cell, 200 canaries every hour":       {1, 200, "rate(1 hour)", []string{"as soon as can be"}},
		"1,000 cells, 1 canary each every hour": {1_000, 1, "rate(1 hour)", []string{"as soon as can be", "evenly in each cell"}},
		"100 cells, 10 each every 5 minutes":    {100, 10, "rate(5 minutes)", []string{"as soon as can be", "evenly in each cell"}},
	} {
		before := randomly(fleet.cells*fleet.ofCell, must(schedule.Parse(fleet.expression)))
		most := Measure(before, noon).Most
		t.Logf("%s: %d at once", name, most)
		var worse []string
		for _, way := range slices.Sorted(maps.Keys(ways)) {
			half, all := edited(before, ways[way], fleet.ofCell)
			midway, after := Measure(half, noon).Most, Measure(all, noon).Most
			t.Logf("  %-20s %4d midway, %4d after", way, midway, after)
			if max(midway, after) > most {
				worse = append(worse, way)
			}
		}
		if diff := cmp.Diff(fleet.worse, worse); diff != "" {
			t.Errorf("%s: worse than before (-want +got):\n%s", name, diff)
		}
	}
}

// edited are canaries of which every other one was edited, and all of them.
func edited(before []Runner, edit way, ofCell int) (half, all []Runner) {
	half, all = slices.Clone(before), slices.Clone(before)
	for i, r := range before {
		all[i].From = noon.Add(edit(r, i%ofCell, ofCell))
		if i%2 == 0 {
			half[i] = all[i]
		}
	}
	return half, all
}

// randomly are so many canaries, with runs of half a minute, whose phases are spread at random, the same at each call.
func randomly(n int, s schedule.Schedule) []Runner {
	dice := rand.New(rand.NewPCG(1, 2))
	list := make([]Runner, n)
	for i := range list {
		list[i] = Runner{Schedule: s, From: noon.Add(time.Duration(dice.Int64N(int64(s.Every())))), Took: 30 * time.Second, Runs: 1}
	}
	return list
}
