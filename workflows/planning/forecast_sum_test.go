package planning

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

func minutes(least, most int) workflows.TimeRange {
	return workflows.TimeRange{Least: time.Duration(least) * time.Minute, Most: time.Duration(most) * time.Minute}
}

func TestSum(t *testing.T) {
	got := Sum([]workflows.Forecast{
		{Calls: map[string]int{"a": 1, "b": 2}, ExtraRuns: 3, Canary: minutes(5, 10), Access: minutes(15, 30), Interval: minutes(1, 5), Losing: map[string]int{"v": 1}},
		{Calls: map[string]int{"b": 3}, ExtraRuns: 1, Canary: minutes(7, 60), Losing: map[string]int{"v": 2, "w": 1}},
		{}, // a cell that could not be planned, or has nothing to migrate
	})
	want := workflows.Forecast{
		Calls: map[string]int{"a": 1, "b": 5}, ExtraRuns: 4, Canary: minutes(5, 60), Access: minutes(15, 30), Interval: minutes(1, 5),
		Losing: map[string]int{"v": 3, "w": 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWave foretells when a wave is done: when its slowest cell is.
func TestWave(t *testing.T) {
	quick := workflows.Forecast{Canary: minutes(1, 2), Access: minutes(3, 4), Interval: minutes(5, 5)}
	slow := workflows.Forecast{Canary: minutes(10, 20)}
	for name, c := range map[string]struct {
		reason   string
		cells    []Shared
		bake     time.Duration
		bakeRuns int
		scale    float64
		bounds   Bounds
		want     workflows.TimeRange
	}{
		"one window":         {"all go at once", []Shared{{Canaries: 5, Window: 5, Forecast: quick}}, 0, 0, 1, Bounds{}, minutes(4, 6)},
		"three windows":      {"one after the other", []Shared{{Canaries: 11, Window: 5, Forecast: quick}}, 0, 0, 1, Bounds{}, minutes(6, 10)},
		"no window":          {"all go at once", []Shared{{Canaries: 500, Forecast: quick}}, 0, 0, 1, Bounds{}, minutes(4, 6)},
		"the slowest":        {"cells go side by side", []Shared{{Canaries: 1, Window: 1, Forecast: quick}, {Canaries: 1, Window: 1, Forecast: slow}}, 0, 0, 1, Bounds{}, minutes(10, 20)},
		"no part":            {"a cell without canaries delays nothing", []Shared{{Canaries: 1, Window: 1, Forecast: quick}, {Window: 1, Forecast: slow}}, 0, 0, 1, Bounds{}, minutes(4, 6)},
		"a slow start":       {"stories begin one a minute", []Shared{{Canaries: 61, Window: 100, StartsPerMinute: 1, Forecast: quick}}, 0, 0, 1, Bounds{}, minutes(64, 66)},
		"baked by time":      {"the bake comes after the rest", []Shared{{Canaries: 1, Window: 1, Forecast: quick}}, time.Hour, 0, 1, Bounds{}, minutes(64, 66)},
		"baked by runs":      {"each canary makes its runs", []Shared{{Canaries: 1, Window: 1, Forecast: quick}}, 0, 3, 1, Bounds{}, minutes(19, 21)},
		"a rehearsal":        {"AWS's time passes faster", []Shared{{Canaries: 1, Window: 1, Forecast: workflows.Forecast{Canary: minutes(60, 120)}}}, 0, 0, 60, Bounds{}, minutes(1, 2)},
		"nothing to migrate": {"the wave is over at once", nil, 0, 0, 1, Bounds{}, minutes(0, 0)},
		"a window of cells":  {"100 cells, 25 at a time", slices.Repeat([]Shared{{Canaries: 5, Window: 5, Weight: 4, Forecast: quick}}, 100), 0, 0, 1, Bounds{Open: 100}, minutes(4, 14)},
		"room for all cells": {"all go side by side", slices.Repeat([]Shared{{Canaries: 5, Window: 5, Weight: 4, Forecast: quick}}, 25), 0, 0, 1, Bounds{Open: 100}, minutes(4, 6)},
		"a bound of all":     {"100 stories, 10 at a time", slices.Repeat([]Shared{{Canaries: 5, Window: 5, Forecast: quick}}, 20), 0, 0, 1, Bounds{Going: 10}, minutes(10, 26)},
		"a wide bound":       {"no more are begun", slices.Repeat([]Shared{{Canaries: 50, Window: 5, Forecast: quick}}, 2), 0, 0, 1, Bounds{Going: 10}, minutes(13, 24)},
	} {
		if diff := cmp.Diff(c.want, Wave(c.cells, c.bounds, c.bake, c.bakeRuns, c.scale)); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", name, c.reason, diff)
		}
	}
	if diff := cmp.Diff(minutes(5, 8), Total([]workflows.TimeRange{minutes(4, 6), minutes(1, 2)})); diff != "" {
		t.Errorf("the total (-want +got):\n%s", diff)
	}
}
