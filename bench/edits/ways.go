package edits

import (
	"math/rand/v2"
	"slices"
	"time"

	"rekey/workflows/phase"
	"rekey/workflows/schedule"
)

// Way is a way of choosing when canaries are edited.
type Way string

// The ways that were weighed (docs/decisions/0017-edits-keep-the-phase.md).
const (
	AsSoonAsCanBe Way = "as soon as can be"
	Evenly        Way = "evenly in each cell"
	WhenDue       Way = "when due" // what rekey does
)

const (
	// storyTime is how long the story of a canary takes, and window how many are told at a time.
	storyTime = 140 * time.Second
	window    = 20
	// runTime is how long a run takes.
	runTime = 30 * time.Second
)

// noon is when it begins.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// phase is when a canary is edited, which is its phase from then on, by its place among the canaries of its cell.
func (w Way) phase(r phase.Runner, place, ofCell int) time.Duration {
	switch w {
	case AsSoonAsCanBe:
		return time.Duration(place/window) * storyTime
	case Evenly:
		return time.Duration(place) * r.Schedule.Every() / time.Duration(ofCell)
	case WhenDue:
	}
	return r.From.Sub(noon)
}

// edit is the canaries when every other one of them was edited, and when all were.
func (w Way) edit(before []phase.Runner, ofCell int) (half, all []phase.Runner) {
	half, all = slices.Clone(before), slices.Clone(before)
	for i, r := range before {
		all[i].From = noon.Add(w.phase(r, i%ofCell, ofCell))
		if i%2 == 0 {
			half[i] = all[i]
		}
	}
	return half, all
}

// randomly are so many canaries whose phases are spread at random, the same for the same seed.
func randomly(n int, s schedule.Schedule, seed uint64) []phase.Runner {
	dice := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // repeatable on purpose
	list := make([]phase.Runner, n)
	for i := range list {
		list[i] = phase.Runner{
			Schedule: s, From: noon.Add(time.Duration(dice.Int64N(int64(s.Every())))), Took: runTime, Runs: 1,
		}
	}
	return list
}
