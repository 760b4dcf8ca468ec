// Package lasting compares what plays of one scenario left in the journal of the simulated AWS.
package lasting

import (
	"maps"
	"slices"
	"strings"

	"rekey/awssim/fleet"
	"rekey/awssim/journal"
	"rekey/awssim/synthetics"
)

// Changes are what somebody changed, in names that all plays share.
type Changes struct {
	// Lasting are the changes that AWS keeps, each as often as it was made, in order of their text.
	Lasting []string
	// DryRuns are the canaries of which dry runs were made, and how often: nothing of those lasts, and nobody can tell
	// AWS that two requests are one, so they are made at least once.
	DryRuns map[string]int
}

// Of are the changes among entries of one play that rekey's member role made. Common is what makes names common.
func Of(entries []journal.Entry, common func(string) string) Changes {
	c := Changes{DryRuns: map[string]int{}}
	for _, e := range entries {
		switch {
		case e.Kind != journal.Mutation || !strings.Contains(e.Principal, "/"+fleet.MemberRole):
		case e.Action == "synthetics:StartCanaryDryRun":
			c.DryRuns[common(e.Resource)]++
		case e.Action == "kms:PutKeyPolicy":
			for _, edit := range edits(e.Detail["before"], e.Detail["policy"]) {
				c.Lasting = append(c.Lasting, common(e.Action+" "+e.Resource+" "+edit))
			}
		default:
			c.Lasting = append(c.Lasting, common(e.Action+" "+e.Resource+about(e)))
		}
	}
	slices.Sort(c.Lasting)
	return c
}

// drawn are details that differ from play to play, or say what others say already.
var drawn = map[string]bool{"grantId": true, "created": true, synthetics.DetailDry: true}

// about are an entry's details, in order of their names.
func about(e journal.Entry) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
		if !drawn[name] && e.Detail[name] != "" {
			text.WriteString(" " + name + "=" + e.Detail[name])
		}
	}
	return text.String()
}
