package runs

import (
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
)

// maxRuns is how many runs of a canary are answered at a time.
const maxRuns = 10

// worthALook reports whether a canary's runs are to be read: its last run started since the wait began and was not
// looked at before. Last is nil when the last runs are not known.
func worthALook(w workflows.Waiting, last map[string][]types.CanaryRun) bool {
	runs, mentioned := last[w.Name]
	if !mentioned {
		return true
	}
	return slices.ContainsFunc(runs, func(r types.CanaryRun) bool {
		// One entry stands for all browsers, so with several it can't be told that all were looked at.
		seen := len(w.Browsers) < 2 && slices.Contains(w.After, awssdk.ToString(r.Id))
		return !seen && !canaries.Started(r).Before(w.Since)
	})
}

// choose is what a wait is answered with: the completed runs that started at or after its beginning and were not
// looked at, newest first; none while a browser has none.
func choose(w workflows.Waiting, found []types.CanaryRun) []workflows.Run {
	var runs []workflows.Run
	for _, r := range found {
		if canaries.IsComplete(r) && !canaries.Started(r).Before(w.Since) && !slices.Contains(w.After, awssdk.ToString(r.Id)) {
			runs = append(runs, canaries.Run(r, w.Browsers))
		}
	}
	slices.SortStableFunc(runs, canaries.NewestFirst)
	newest := canaries.NewestOf(w.Browsers, runs)
	if len(newest) < max(len(w.Browsers), 1) {
		return nil
	}
	return bounded(newest, runs)
}

// bounded is the runs that must be there and as many others, newest first, as there is room for.
func bounded(must, runs []workflows.Run) []workflows.Run {
	list := slices.Clone(must)
	for _, r := range runs {
		if len(list) == maxRuns {
			break
		}
		if !slices.ContainsFunc(must, func(m workflows.Run) bool { return m.ID == r.ID }) {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, canaries.NewestFirst)
	return list
}
