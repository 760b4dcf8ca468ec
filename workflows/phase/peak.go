package phase

import (
	"slices"
	"time"

	"rekey/workflows/schedule"
)

// Runner is a canary that runs by itself.
type Runner struct {
	Schedule schedule.Schedule
	// From is when a run of a rate began; all others lie a multiple of the rate before or after it. A cron expression has its
	// firings, whatever From is.
	From time.Time
	// Took is how long a run goes on; Runs, how many a firing makes: one for each browser.
	Took time.Duration
	Runs int
}

// Hour is, for each minute of an hour, the most that was seen in that minute of any hour.
type Hour [60]int

// Load is how many runs go on at once: the most at any instant, and the most by minute.
type Load struct {
	Most int
	Hour Hour
}

// Day bounds how far a load is followed. Rates whose least common multiple is longer, and cron expressions that don't fire
// every day, may coincide later.
const Day = 24 * time.Hour

// Measure is the load of canaries from an instant on: exactly, until it repeats itself or for a day. A run that ends in the
// instant in which another begins does not go on beside it.
func Measure(runners []Runner, from time.Time) Load {
	from = from.UTC().Truncate(time.Hour)
	until := from.Add(horizon(runners))
	var edges []edge
	for _, r := range runners {
		for at := r.first(from); at.Before(until); {
			edges = append(edges, edge{at, r.Runs}, edge{at.Add(r.Took), -r.Runs})
			next, ok := r.Schedule.Next(at)
			if !ok {
				break
			}
			at = next
		}
	}
	return sweep(edges, from, until)
}

// first is the first firing whose run may go on at an instant, or come after it.
func (r Runner) first(from time.Time) time.Time {
	if every := r.Schedule.Every(); every > 0 {
		first, _ := Turns{r.From, every}.Next(from.Add(-r.Took))
		return first
	}
	first, ok := r.Schedule.Next(from.Add(-r.Took))
	if !ok {
		return from.Add(2 * Day) // which is after all that counts
	}
	return first
}

// horizon is after how long the load repeats itself, in whole hours; a day at most.
func horizon(runners []Runner) time.Duration {
	h := time.Hour
	for _, r := range runners {
		every := r.Schedule.Every()
		if every <= 0 {
			return Day
		}
		if h = h / gcd(h, every) * every; h > Day {
			return Day
		}
	}
	return h
}

func gcd(a, b time.Duration) time.Duration {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// edge is where so many runs begin, or (below 0) end.
type edge struct {
	at   time.Time
	runs int
}

// sweep goes over the edges in their order. What comes before the beginning is not whole, and so never too much.
func sweep(edges []edge, from, until time.Time) Load {
	slices.SortFunc(edges, func(a, b edge) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.runs - b.runs
	})
	var load Load
	going := 0
	for i, e := range edges {
		going += e.runs
		if last := i == len(edges)-1; !last && edges[i+1].at.Equal(e.at) {
			continue
		}
		load.Most = max(load.Most, going)
		next := until
		if i+1 < len(edges) {
			next = edges[i+1].at
		}
		load.Hour.raise(e.at, next, going, from)
	}
	return load
}

// raise has that many runs go on from one instant until another.
func (h *Hour) raise(at, next time.Time, going int, from time.Time) {
	first := int(at.Sub(from) / time.Minute)
	last := int((next.Sub(from) - 1) / time.Minute)
	for minute := first; minute <= last && minute < first+len(h); minute++ {
		place := (minute%len(h) + len(h)) % len(h)
		h[place] = max(h[place], going)
	}
}

// Plus is the load of both, at most: of minutes it is known how many runs go on, and not when in them.
func (l Load) Plus(other Load) Load {
	sum := Load{}
	most := 0
	for i := range sum.Hour {
		sum.Hour[i] = l.Hour[i] + other.Hour[i]
		most = max(most, sum.Hour[i])
	}
	sum.Most = min(l.Most+other.Most, most)
	return sum
}
