package runs

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// LastRuns answers when canaries of a cell ran last by their schedules, and the time of AWS's answer on AWS's clock and on
// Temporal's. Those that have not run, or are gone, are left out.
func (a *Activities) LastRuns(ctx context.Context, in workflows.LastRunsInput) (workflows.LastRuns, error) {
	api := &timed{Synthetics: synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics")), begun: time.Now()}
	call := aws.Call{Operation: "synthetics:DescribeCanariesLastRun", Cell: in.Cell}
	all, dated, err := canaries.LastRuns(ctx, api)
	if err != nil {
		return workflows.LastRuns{}, failure.Classified(aws.Classify(call, err))
	}
	if dated.IsZero() {
		return workflows.LastRuns{}, failure.Retry(aws.Undated(call), 0)
	}
	last := workflows.LastRuns{Dated: dated, At: activity.GetInfo(ctx).StartedTime.Add(api.took).UTC()}
	for _, run := range all {
		if slices.Contains(in.Names, run.Name) {
			last.Runs = append(last.Runs, run)
		}
	}
	return last, nil
}

// timed notes after how long the first answer came. Only that is measured by the worker's clock, and not when.
type timed struct {
	Synthetics
	begun time.Time
	took  time.Duration
}

// DescribeCanariesLastRun implements canaries.LastRunLister.
func (t *timed) DescribeCanariesLastRun(
	ctx context.Context, in *synthetics.DescribeCanariesLastRunInput, options ...func(*synthetics.Options),
) (*synthetics.DescribeCanariesLastRunOutput, error) {
	out, err := t.Synthetics.DescribeCanariesLastRun(ctx, in, options...)
	if t.took == 0 {
		t.took = time.Since(t.begun)
	}
	return out, err
}
