package suite

import (
	"fmt"
	"slices"
	"strings"
)

// part is a sub-command of the benchmark.
type part struct {
	name string
	args []string
	// computes says that it starts no programs, and so has no --bin.
	computes bool
}

// partsOf are all parts in their documented sizes, or in sizes that only show that they work. The scale benchmark, which takes
// hours, is none of them.
func partsOf(small bool) []part {
	if small {
		return []part{
			{name: "migrate", args: []string{"--canaries", "25,50", "--per-cell", "25"}},
			{name: "designs", args: []string{"--canaries", "50", "--per-cell", "25", "--repeats", "1", "--design", "child"}},
			{name: "limiter", args: []string{"--limit", "10", "--burst", "1", "--settle", "15s", "--measure", "15s"}, computes: true},
			{name: "load", args: []string{"--small"}},
			{name: "control", args: []string{"--in-flight", "50", "--concurrency", "25", "--rounds", "1"}},
			{name: "peers", args: []string{"--small"}},
			{name: "edits", computes: true},
		}
	}
	return []part{
		{name: "migrate"}, {name: "designs"}, {name: "limiter", computes: true}, {name: "load"},
		{name: "control"}, {name: "peers"}, {name: "edits", computes: true},
	}
}

// choose are the parts of those names, in their own order; all where no name is given.
func choose(parts []part, names []string) ([]part, error) {
	if len(names) == 0 {
		return parts, nil
	}
	var all []string
	for _, p := range parts {
		all = append(all, p.name)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("there is no part %q, only %s", name, strings.Join(all, ", "))
		}
	}
	return slices.DeleteFunc(parts, func(p part) bool { return !slices.Contains(names, p.name) }), nil
}
