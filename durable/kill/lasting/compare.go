package lasting

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Compare tells how a play's changes differ from those of an undisturbed one, a line each: what is missing (-), what is too
// much (+), and which dry runs were not made. It is empty where they are equal.
func Compare(undisturbed, disturbed Changes) string {
	return Lines(undisturbed.Lasting, disturbed.Lasting) +
		Lines(dryRuns(undisturbed), dryRuns(disturbed))
}

func dryRuns(c Changes) []string {
	var list []string
	for canary := range c.DryRuns {
		list = append(list, "dry runs of "+canary)
	}
	return list
}

// Lines tells which lines are missing in got (-), and which it has too often (+), whatever their order.
func Lines(want, got []string) string {
	surplus := map[string]int{}
	for _, line := range want {
		surplus[line]--
	}
	for _, line := range got {
		surplus[line]++
	}
	var text strings.Builder
	for _, line := range slices.Sorted(maps.Keys(surplus)) {
		for range -surplus[line] {
			fmt.Fprintln(&text, "-", line)
		}
		for range surplus[line] {
			fmt.Fprintln(&text, "+", line)
		}
	}
	return text.String()
}

// Surplus are the lines of a difference that are not about what is missing.
func Surplus(difference string) string {
	var kept strings.Builder
	for line := range strings.Lines(difference) {
		if !strings.HasPrefix(line, "- ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// Repeated is how many dry runs a play made more than an undisturbed one.
func Repeated(undisturbed, disturbed Changes) int {
	n := 0
	for canary, times := range disturbed.DryRuns {
		n += max(times-undisturbed.DryRuns[canary], 0)
	}
	return n
}
