package migration

import (
	"math"

	"rekey/workflows"
)

// The cells that are at work at a time are bounded: each has its coroutines and its canaries in a worker's memory, and what a
// worker can't keep it replays with every answer of an activity. A thousand accounts would be more than any worker keeps. What
// is bounded is stories, since cells differ by a factor of thousands.
const (
	// mostStories are in the cells that are at work: what one worker keeps in some 300 MB, and so many that 100,000 canaries
	// whose stories take ten minutes are through in two hours.
	mostStories = 10_000
	// leastStories is what a cell counts that has as many canaries, however few of them go at a time: it is kept whole.
	leastStories = 25
)

// openings are the waves that each cell is opened for, by its place: those that it was told, and the one that runs where the
// window has room.
func (m *migration) openings() []int {
	w, open := m.current(), window{}
	begun := w != nil && w.State != workflows.WavePending && m.view.State != workflows.RollingBack
	if begun {
		open = m.window(w)
	}
	m.helm.crowded = false
	list := make([]int, len(m.cells.order))
	for i, r := range m.cells.inOrder {
		list[i] = m.helm.told[i].Wave
		if !begun || r.Share(w.Number) == 0 || list[i] >= w.Number {
			continue
		}
		if open.admit(r) {
			list[i] = w.Number
		} else {
			m.helm.crowded = true
		}
	}
	return list
}

// mostStories are how many stories the cells may have that are at work at a time; 0 where there was no bound yet.
func (m *migration) mostStories() int {
	if m.isLean() {
		return mostStories
	}
	return 0
}

// heaviest is what a cell counts at the most: as many stories as it tells at a time.
func (m *migration) heaviest() int { return max(m.view.MaxConcurrent, leastStories) }

// window is how many more stories may be opened.
type window struct {
	room     int
	heaviest int // that a cell counts
	number   int // of the wave
	running  bool
}

// window is what the cells leave that have been told to work on a wave.
func (m *migration) window(w *workflows.Wave) window {
	open := window{room: m.mostStories(), heaviest: m.heaviest(), number: w.Number, running: m.view.State == workflows.Running}
	if open.room == 0 {
		open.room = math.MaxInt
		open.running = true
		return open
	}
	for i, r := range m.cells.inOrder {
		if m.helm.told[i].Wave >= w.Number {
			open.room -= open.weight(r)
		}
	}
	return open
}

// admit reports whether a cell may be told to work on the wave, and counts its stories where it may. One that has more than is
// left is admitted all the same, so that there is always one at work.
func (o *window) admit(r *workflows.CellReport) bool {
	if !o.running || o.room <= 0 {
		return false
	}
	o.room -= o.weight(r)
	return true
}

// weight is how many stories a cell has to tell, at most as many as it tells at a time. Canaries that are paused don't count:
// nobody knows for how long.
func (o *window) weight(r *workflows.CellReport) int {
	if r.Problem != nil {
		return 0
	}
	return min(r.WaitingUpTo(o.number)+r.InFlight, o.heaviest)
}

// makesRoom reports whether a cell that just reported has no more to tell, while others wait for that.
func (m *migration) makesRoom(r workflows.CellReport) bool {
	w := m.current()
	return m.helm.crowded && w != nil && r.WaitingUpTo(w.Number)+r.InFlight == 0
}
