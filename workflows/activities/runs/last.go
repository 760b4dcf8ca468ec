package runs

import (
	"context"
	"slices"

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
	api := synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics"))
	call := aws.Call{Operation: "synthetics:DescribeCanariesLastRun", Cell: in.Cell}
	all, first, err := canaries.LastRuns(ctx, api)
	if err != nil {
		return workflows.LastRuns{}, failure.Classified(aws.Classify(call, err))
	}
	if first.Dated.IsZero() {
		return workflows.LastRuns{}, failure.Retry(aws.Undated(call), 0)
	}
	// Only how long the answer took is by the worker's clock, and not when it came.
	last := workflows.LastRuns{Dated: first.Dated, At: activity.GetInfo(ctx).StartedTime.Add(first.After).UTC()}
	for _, run := range all {
		if slices.Contains(in.Names, run.Name) {
			last.Runs = append(last.Runs, run)
		}
	}
	return last, nil
}
