package runs

import (
	"cmp"
	"slices"
	"time"

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
		return !seen && !started(r).Before(w.Since)
	})
}

// choose is what a wait is answered with: the completed runs that started at or after its beginning and were not
// looked at, newest first; none while a browser has none.
func choose(w workflows.Waiting, found []types.CanaryRun) []workflows.Run {
	var runs []workflows.Run
	for _, r := range found {
		if isComplete(r) && !started(r).Before(w.Since) && !slices.Contains(w.After, awssdk.ToString(r.Id)) {
			runs = append(runs, run(r, w.Browsers))
		}
	}
	slices.SortStableFunc(runs, newestFirst)
	newest := newestOf(w.Browsers, runs)
	if len(newest) < max(len(w.Browsers), 1) {
		return nil
	}
	return bounded(newest, runs)
}

// newestOf is the newest run of each browser that has one. A canary that names no browser has one. Runs come
// newest first.
func newestOf(browsers []string, runs []workflows.Run) []workflows.Run {
	if len(browsers) < 2 {
		return runs[:min(1, len(runs))]
	}
	var newest []workflows.Run
	for _, b := range browsers {
		i := slices.IndexFunc(runs, func(r workflows.Run) bool { return r.Browser == b })
		if i >= 0 {
			newest = append(newest, runs[i])
		}
	}
	return newest
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
	slices.SortStableFunc(list, newestFirst)
	return list
}

func newestFirst(a, b workflows.Run) int {
	return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID))
}

func isComplete(r types.CanaryRun) bool {
	return r.Status != nil && r.Status.State != types.CanaryRunStateRunning && r.Status.State != "" &&
		r.Timeline != nil && r.Timeline.Completed != nil
}

func started(r types.CanaryRun) time.Time {
	if r.Timeline == nil {
		return time.Time{}
	}
	return awssdk.ToTime(r.Timeline.Started)
}

// run is a run of Synthetics as the contract has it. It has a status and a timeline. One that names no browser ran
// in the canary's only one.
func run(r types.CanaryRun, browsers []string) workflows.Run {
	browser := string(r.BrowserType)
	if browser == "" && len(browsers) == 1 {
		browser = browsers[0]
	}
	return workflows.Run{
		ID:         awssdk.ToString(r.Id),
		Browser:    browser,
		Started:    started(r),
		State:      string(r.Status.State),
		ReasonCode: string(r.Status.StateReasonCode),
		Reason:     awssdk.ToString(r.Status.StateReason),
		TestResult: string(r.Status.TestResult),
		Location:   canaries.Location(awssdk.ToString(r.ArtifactS3Location)),
	}
}
