package performance

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"

	"rekey/bench/migrate"
	"rekey/internal/stack"
)

// The goals of scale: how much a cost per canary may grow, to what size, and what a history of Temporal may hold.
const (
	mostGrowth = 1.2
	largeFleet = 100_000
	// Temporal ends a workflow whose history has more events or more MiB than this (temporalio/temporal,
	// limit.historyCount.error and limit.historySize.error). Near is a quarter of it.
	mostEvents, mostMB = 51_200, 50
	near               = 0.25
)

// scale are migrations of fleets of several sizes.
type scale []*migrate.Report

// largest is the size of the largest fleet of a report.
func largest(r *migrate.Report) int {
	n := 0
	for _, result := range r.Results {
		n = max(n, result.Workload.Canaries)
	}
	return n
}

// report is the one with the largest fleet, which the goals speak of.
func (s scale) report() *migrate.Report { return s[len(s)-1] }

func (s scale) goals(section string) []goal {
	if len(s) == 0 {
		return nil
	}
	r := s.report()
	end := r.Results[len(r.Results)-1]
	lost, events, size := 0, int64(0), 0.0
	for _, result := range r.Results {
		lost += result.RunsLost + result.RunsCaused
		most, largest := longest(result)
		events, size = max(events, most), max(size, largest)
	}
	list := []goal{none(section, "runs lost, or failed because of the migration", lost, grouped(end.Workload.Canaries)+" canaries")}
	if len(r.Growth) > 0 {
		g := r.Growth[len(r.Growth)-1]
		for _, what := range []string{"CPU", "history events", "AWS calls"} {
			list = append(list, atMost(section, fmt.Sprintf("%s per canary, as a ratio to those at %s", what, grouped(g.From)), mostGrowth, g.Ratio[what]))
		}
	}
	for _, process := range []string{stack.Server, stack.Worker} {
		list = append(list, atMost(section, "memory of the "+process+", MiB", mostMemory, end.PeakMB[process]))
	}
	list = append(list,
		atMost(section, "events of the longest history (a quarter of what Temporal takes)", near*mostEvents, float64(events)),
		atMost(section, "MiB of the longest history (the same)", near*mostMB, size))
	return atSize(list, end.Workload.Canaries)
}

// longest are the most events and the most MiB of a history.
func longest(r *migrate.Result) (events int64, size float64) {
	for _, h := range r.Histories {
		events, size = max(events, h.LongestEvents), max(size, h.LongestMB)
	}
	return events, size
}

// atSize says at which size goals were measured that speak of a large fleet.
func atSize(list []goal, canaries int) []goal {
	for i := range list {
		list[i] = list[i].at(canaries, largeFleet)
	}
	return list
}

// Reports are all of them, the largest last.
func (s scale) Reports() (list []sizes) {
	for _, r := range s {
		list = append(list, sizes{r})
	}
	return list
}

// sizes are the fleets that were migrated in one run.
type sizes struct{ *migrate.Report }

// Made says how it was measured.
func (s sizes) Made() string {
	r := s.Results[0]
	w := r.Workload
	command := fmt.Sprintf("go run ./bench migrate --canaries %s --per-cell %d --regions %d --time-scale %g",
		strings.Join(s.sizes(), ","), w.Canaries/max(w.Cells, 1), w.Regions, w.TimeScale)
	dry := "with a dry run before each update"
	if !w.DryRuns {
		dry, command = "without dry runs", command+" --no-dry-runs"
	}
	return made(s.When, command, where(r.Machine), with(r.Versions),
		fmt.Sprintf("seed %d, %g simulated seconds in a real one, %d canaries of a cell at a time, %s, Temporal on %s",
			w.Seed, w.TimeScale, w.Concurrency, dry, w.Store))
}

// sizes are how many canaries the fleets have.
func (s sizes) sizes() (list []string) {
	for _, r := range s.Results {
		list = append(list, strconv.Itoa(r.Workload.Canaries))
	}
	return list
}

// Table has a column for each size.
func (s sizes) Table() string {
	header := []any{"per canary"}
	for _, r := range s.Results {
		header = append(header, fmt.Sprintf("%s canaries, %s cells", grouped(r.Workload.Canaries), grouped(r.Workload.Cells)))
	}
	t := newTable(header...)
	s.row(t, "canaries per second", func(r *migrate.Result) string { return figure(r.CanariesPerSecond) })
	for _, process := range []string{stack.Temporal, stack.Server, stack.Worker} {
		s.row(t, "CPU ms, "+process+" (and to plan)", func(r *migrate.Result) string {
			return figure(r.CPU[process]) + " (" + figure(r.CPUToPlan[process]) + ")"
		})
	}
	s.row(t, "history events", func(r *migrate.Result) string { return figure(r.EventsPerCanary) })
	s.row(t, "billable actions", func(r *migrate.Result) string { return figure(r.ActionsPerCanary) })
	s.row(t, "AWS calls (and to plan)", func(r *migrate.Result) string {
		return figure(r.CallsPerCanary) + " (" + figure(r.CallsToPlan) + ")"
	})
	for _, process := range []string{stack.Server, stack.Worker, stack.Temporal, stack.AWS} {
		s.row(t, "*in all:* memory of "+process+" at its most, MiB", func(r *migrate.Result) string { return figure(r.PeakMB[process]) })
	}
	s.row(t, "*in all:* longest history, events (MiB)", func(r *migrate.Result) string {
		events, size := longest(r)
		return grouped(events) + " (" + figure(size) + ")"
	})
	return t.String()
}

func (s sizes) row(t sheet, what string, value func(*migrate.Result) string) {
	cells := []any{what}
	for _, r := range s.Results {
		cells = append(cells, value(r))
	}
	t.row(cells...)
}

// Plot is how costs per canary grow with the fleet, of the report with the largest one.
func (s scale) Plot() (*drawing, error) {
	r := s.report()
	if len(r.Growth) == 0 {
		return nil, nil //nolint:nilnil // one size shows no growth
	}
	first := float64(r.Growth[0].From)
	var list []series
	for _, what := range slices.Sorted(maps.Keys(r.Growth[0].Ratio)) {
		points := plotter.XYs{{X: first, Y: 1}}
		for _, g := range r.Growth {
			points = append(points, plotter.XY{X: float64(g.To), Y: g.Ratio[what]})
		}
		list = append(list, series{what, points})
	}
	p := newPlot("canaries", fmt.Sprintf("cost per canary, as a ratio to that at %s", grouped(r.Growth[0].From)))
	if err := lines(p, list, nil); err != nil {
		return nil, err
	}
	last := float64(largest(r))
	if err := rule(p, "goal", plotter.XY{X: first, Y: mostGrowth}, plotter.XY{X: last, Y: mostGrowth}); err != nil {
		return nil, err
	}
	p.Y.Min = 0
	p.Y.Max = max(p.Y.Max, 1.5)
	p.Legend.Top, p.Legend.Left = false, true
	logarithmic(&p.X)
	return p, nil
}
