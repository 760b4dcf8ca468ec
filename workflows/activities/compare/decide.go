package compare

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
)

// compare counts both groups.
func compare(in workflows.CompareInput, last map[string][]types.CanaryRun) workflows.Comparison {
	var c workflows.Comparison
	c.Migrated = count(in.Migrated, last, &c.Failing)
	c.Control = count(in.Control, last, &c.Failing)
	slices.Sort(c.Failing)
	return c
}

// count counts a group, and adds the names of those that fail.
func count(group []workflows.Watched, last map[string][]types.CanaryRun, failing *[]string) workflows.RunShare {
	var share workflows.RunShare
	for _, w := range group {
		newest := newestComplete(last[w.Name], w.Since)
		if len(newest) == 0 {
			continue
		}
		share.Canaries++
		if slices.ContainsFunc(newest, func(r types.CanaryRun) bool { return r.Status.State == types.CanaryRunStateFailed }) {
			share.Failed++
			*failing = append(*failing, w.Name)
		}
	}
	return share
}

// newestComplete is the newest complete run of each browser that started at or after an instant. A run that names no browser
// stands for a browser of its own.
func newestComplete(runs []types.CanaryRun, since time.Time) []types.CanaryRun {
	var newest []types.CanaryRun
	for _, r := range runs {
		if isSilent(r) || canaries.Started(r).Before(since) {
			continue
		}
		i := slices.IndexFunc(newest, func(n types.CanaryRun) bool { return n.BrowserType == r.BrowserType })
		switch {
		case i < 0:
			newest = append(newest, r)
		case canaries.Started(r).After(canaries.Started(newest[i])):
			newest[i] = r
		}
	}
	return newest
}

// isSilent reports whether a run says nothing of how a canary does: it goes on, or was made with settings that the canary
// does not have.
func isSilent(r types.CanaryRun) bool {
	return !canaries.IsComplete(r) || r.DryRunConfig != nil && r.DryRunConfig.DryRunId != nil
}
