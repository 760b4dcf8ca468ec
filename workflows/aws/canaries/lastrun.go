package canaries

import (
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
)

// LastRunLister lists the last runs of the canaries of a cell.
type LastRunLister interface {
	DescribeCanariesLastRun(context.Context, *synthetics.DescribeCanariesLastRunInput, ...func(*synthetics.Options)) (*synthetics.DescribeCanariesLastRunOutput, error)
}

// LastRuns are the last runs of the cell's canaries by their schedules, a hundred in a call, with AWS's date of the first
// answer; zero where that had none. A canary whose last run was a dry run is left out. The error is the SDK's.
func LastRuns(ctx context.Context, api LastRunLister) (runs []workflows.LastRun, dated time.Time, err error) {
	pages := synthetics.NewDescribeCanariesLastRunPaginator(api, &synthetics.DescribeCanariesLastRunInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, dated, err
		}
		if dated.IsZero() {
			dated, _ = aws.ServerTime(page.ResultMetadata)
		}
		for _, c := range page.CanariesLastRun {
			if run, ok := lastRun(c); ok {
				runs = append(runs, run)
			}
		}
	}
	return runs, dated, nil
}

// lastRun is a run as the contract has it, and false for one that tells nothing of the schedule.
func lastRun(c types.CanaryLastRun) (workflows.LastRun, bool) {
	r := c.LastRun
	if r == nil || r.Timeline == nil || r.Timeline.Started == nil || r.DryRunConfig != nil && r.DryRunConfig.DryRunId != nil {
		return workflows.LastRun{}, false
	}
	run := workflows.LastRun{Name: awssdk.ToString(c.CanaryName), Due: *r.Timeline.Started}
	if r.Timeline.Completed != nil {
		run.Took = max(r.Timeline.Completed.Sub(run.Due), 0)
	}
	// A retry begins when the run before it has failed. Both have the timestamp of their metrics in common (Synthetics API,
	// CanaryRunTimeline.MetricTimestampForRunAndRetries); that it is when the first was due is inferred from its name.
	if r.RetryAttempt != nil && *r.RetryAttempt > 0 && r.Timeline.MetricTimestampForRunAndRetries != nil {
		run.Due = *r.Timeline.MetricTimestampForRunAndRetries
	}
	return run, true
}
