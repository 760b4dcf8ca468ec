package canaries

import (
	"cmp"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
)

// Latest is the newest complete run of each browser, none while a browser has none.
func Latest(browsers []string, found []types.CanaryRun) []workflows.Run {
	var runs []workflows.Run
	for _, r := range found {
		if IsComplete(r) {
			runs = append(runs, Run(r, browsers))
		}
	}
	slices.SortStableFunc(runs, NewestFirst)
	newest := NewestOf(browsers, runs)
	if len(newest) < max(len(browsers), 1) {
		return nil
	}
	return newest
}

// NewestOf is the newest run of each browser that has one. A canary that names no browser has one. Runs come
// newest first.
func NewestOf(browsers []string, runs []workflows.Run) []workflows.Run {
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

// NewestFirst orders runs.
func NewestFirst(a, b workflows.Run) int {
	return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID))
}

// IsComplete reports whether a run is over.
func IsComplete(r types.CanaryRun) bool {
	return r.Status != nil && r.Status.State != types.CanaryRunStateRunning && r.Status.State != "" &&
		r.Timeline != nil && r.Timeline.Completed != nil
}

// LongestRun is how long a run may take, the writing of its artifacts included: 840 seconds (Synthetics API,
// TimeoutInSeconds), and a minute.
const LongestRun = 15 * time.Minute

// Started is when a run started, zero when that is not told.
func Started(r types.CanaryRun) time.Time {
	if r.Timeline == nil {
		return time.Time{}
	}
	return awssdk.ToTime(r.Timeline.Started)
}

// Run is a run of Synthetics as the contract has it. It has a status and a timeline. One that names no browser ran
// in the canary's only one.
func Run(r types.CanaryRun, browsers []string) workflows.Run {
	browser := string(r.BrowserType)
	if browser == "" && len(browsers) == 1 {
		browser = browsers[0]
	}
	return workflows.Run{
		ID:         awssdk.ToString(r.Id),
		Browser:    browser,
		Started:    Started(r),
		State:      string(r.Status.State),
		ReasonCode: string(r.Status.StateReasonCode),
		Reason:     awssdk.ToString(r.Status.StateReason),
		TestResult: string(r.Status.TestResult),
		Location:   Location(awssdk.ToString(r.ArtifactS3Location)),
	}
}
