package planning

import (
	"slices"
	"time"

	"rekey/workflows"
	"rekey/workflows/phase"
)

// Sum is the forecast of several cells together. Canary, Access and Interval are the widest; Total is left to the waves.
func Sum(cells []workflows.Forecast) workflows.Forecast {
	sum := workflows.Forecast{Calls: map[string]int{}}
	losing := map[string]int{}
	var loads [2]phase.Load
	for _, f := range cells {
		sumPeaks(&sum, &f, &loads)
		sum.Spread = max(sum.Spread, f.Spread)
		for action, n := range f.Calls {
			sum.Calls[action] += n
		}
		for viewer, n := range f.Losing {
			losing[viewer] += n
		}
		sum.ExtraRuns += f.ExtraRuns
		if f.Canary.Most > 0 {
			sum.Canary = widen(sum.Canary, f.Canary)
		}
		if f.Access.Most > 0 {
			sum.Access = widen(sum.Access, f.Access)
		}
		if f.Interval.Most > 0 {
			sum.Interval = widen(sum.Interval, f.Interval)
		}
	}
	sum.Losing = most(losing)
	slices.SortStableFunc(sum.Peaks, func(a, b workflows.CellPeak) int {
		return max(b.Peak.Before, b.Peak.After) - max(a.Peak.Before, a.Peak.After)
	})
	sum.Peaks = sum.Peaks[:min(len(sum.Peaks), workflows.MaxPeaks)]
	return sum
}

// Shared is the part of a cell in a wave.
type Shared struct {
	// Canaries are how many of its canaries the wave takes; none means that the cell has no part in it.
	Canaries int
	// Window is how many of them are in their stories at a time; 0 means all.
	Window int
	// StartsPerMinute is how many stories begin in a minute of AWS's time; 0 means no bound.
	StartsPerMinute int
	// Weight is how much of Bounds.Open it takes while it is at work.
	Weight int
	// Forecast is the cell's.
	Forecast workflows.Forecast
}

// Bounds are those of all cells together; 0 means none.
type Bounds struct {
	// Open is the weight of the cells that are at work at a time.
	Open int
	// Going are the canaries that are in their stories at a time.
	Going int
}

// Wave is how long a wave takes, from its begin to its judgement, in real time of an AWS that runs scale times faster: until
// its slowest cell has brought its canaries to their end, window by window, has seen to their access, and was baked, and until all
// have had their time within the bounds. What is beside time is not known to a forecast: throttling, approvals, pauses, and what the
// machines bear.
func Wave(cells []Shared, bounds Bounds, bakeTime time.Duration, bakeRuns int, scale float64) workflows.TimeRange {
	var slowest workflows.TimeRange
	for _, c := range cells {
		if c.Canaries <= 0 {
			continue
		}
		took := plus(c.stories(), c.Forecast.Access)
		took.Least += time.Duration(bakeRuns) * c.Forecast.Interval.Least
		took.Most += time.Duration(bakeRuns) * c.Forecast.Interval.Most
		slowest = workflows.TimeRange{Least: max(slowest.Least, took.Least), Most: max(slowest.Most, took.Most)}
	}
	if slowest.Most == 0 && bakeTime == 0 {
		return slowest
	}
	for _, work := range []workflows.TimeRange{bounds.open(cells), bounds.going(cells)} {
		if work.Most > 0 { // who comes last has its time after that, if it is unlucky
			slowest = workflows.TimeRange{Least: max(slowest.Least, work.Least), Most: work.Most + slowest.Most}
		}
	}
	bake := workflows.TimeRange{Least: bakeTime, Most: bakeTime}
	return inReal(plus(slowest, bake), scale)
}

// open is how long the cells take until each was at work, zero where all may be at a time.
func (b Bounds) open(cells []Shared) workflows.TimeRange {
	w := work{room: b.Open}
	for _, c := range cells {
		w.add(c.Weight, c.Weight, c.stories())
	}
	return w.took()
}

// going is how long the canaries take until each has had its story, zero where all may be in theirs that their cells begin.
func (b Bounds) going(cells []Shared) workflows.TimeRange {
	w := work{room: b.Going}
	for _, c := range cells {
		at := c.Canaries
		if c.Window > 0 {
			at = min(at, c.Window)
		}
		w.add(at, c.Canaries, c.Forecast.Canary)
	}
	return w.took()
}

// work is what many have to do who share some room.
type work struct {
	room        int
	wanted      int     // by all at a time
	least, most float64 // seconds of it all
}

// add counts some that want as much room at a time, and each of which takes a time.
func (w *work) add(wanted, times int, took workflows.TimeRange) {
	w.wanted += wanted
	w.least += float64(times) * took.Least.Seconds()
	w.most += float64(times) * took.Most.Seconds()
}

// took is how long it takes at the least, zero where there is room for all.
func (w *work) took() workflows.TimeRange {
	if w.room <= 0 || w.wanted <= w.room {
		return workflows.TimeRange{}
	}
	seconds := func(s float64) time.Duration { return time.Duration(s / float64(w.room) * float64(time.Second)) }
	return workflows.TimeRange{Least: seconds(w.least), Most: seconds(w.most)}
}

// stories is how long it takes until the last of the cell's canaries rests: window by window, no faster than stories may
// begin, and with edits that wait for their turn. Canaries begin in the order of their turns, so that all wait for one
// interval together.
func (s Shared) stories() workflows.TimeRange {
	windows := 1
	if s.Window > 0 {
		windows = pages(s.Canaries, s.Window)
	}
	one := s.Forecast.Canary
	all := workflows.TimeRange{Least: time.Duration(windows) * one.Least, Most: time.Duration(windows) * one.Most}
	if s.StartsPerMinute > 0 {
		begun := time.Duration(s.Canaries-1) * time.Minute / time.Duration(s.StartsPerMinute)
		all = workflows.TimeRange{Least: max(all.Least, begun+one.Least), Most: max(all.Most, begun+one.Most)}
	}
	all.Most += s.Forecast.Spread
	return all
}

// Total is how long waves take one after the other.
func Total(waves []workflows.TimeRange) workflows.TimeRange {
	var total workflows.TimeRange
	for _, w := range waves {
		total = plus(total, w)
	}
	return total
}

// inReal is a stretch of AWS's time in real time.
func inReal(r workflows.TimeRange, scale float64) workflows.TimeRange {
	poll := workflows.Poll{Scale: scale}
	return workflows.TimeRange{Least: poll.Delay(r.Least), Most: poll.Delay(r.Most)}
}
