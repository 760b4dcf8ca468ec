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

// Answered is when AWS gave the first page of an answer that had a date.
type Answered struct {
	// Dated is that date, on AWS's clock; zero where there was none.
	Dated time.Time
	// After is how long the page took to come.
	After time.Duration
}

// EachLastRun visits what AWS tells of last runs, a hundred in a call: of a canary that has not run nothing, and of others what
// is told of each of their browsers. The error is the SDK's.
func EachLastRun(
	ctx context.Context, api LastRunLister, in *synthetics.DescribeCanariesLastRunInput, visit func(name string, run types.CanaryRun),
) (first Answered, err error) {
	begun := time.Now()
	pages := synthetics.NewDescribeCanariesLastRunPaginator(api, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return first, err
		}
		if first.Dated.IsZero() {
			first.After = time.Since(begun)
			first.Dated, _ = aws.ServerTime(page.ResultMetadata)
		}
		for _, c := range page.CanariesLastRun {
			if c.LastRun != nil {
				visit(awssdk.ToString(c.CanaryName), *c.LastRun)
			}
		}
	}
	return first, nil
}

// LastRuns are the last runs of the cell's canaries by their schedules. A canary whose last run was a dry run is left out. The
// error is the SDK's.
func LastRuns(ctx context.Context, api LastRunLister) (runs []workflows.LastRun, first Answered, err error) {
	first, err = EachLastRun(ctx, api, &synthetics.DescribeCanariesLastRunInput{}, func(name string, r types.CanaryRun) {
		if run, ok := lastRun(name, r); ok {
			runs = append(runs, run)
		}
	})
	return runs, first, err
}

// lastRun is a run as the contract has it, and false for one that tells nothing of the schedule.
func lastRun(name string, r types.CanaryRun) (workflows.LastRun, bool) {
	if r.Timeline == nil || r.Timeline.Started == nil || r.DryRunConfig != nil && r.DryRunConfig.DryRunId != nil {
		return workflows.LastRun{}, false
	}
	run := workflows.LastRun{Name: name, Due: *r.Timeline.Started}
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
