package canaries

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

func TestLastRun(t *testing.T) {
	due := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		reason string
		edit   func(*types.CanaryRun)
		want   workflows.LastRun
		none   bool
	}{
		"a run":       {"its start is its phase", func(*types.CanaryRun) {}, workflows.LastRun{Name: "shop", Due: due, Took: time.Minute}, false},
		"it goes on":  {"how long it takes is not known", func(r *types.CanaryRun) { r.Timeline.Completed = nil }, workflows.LastRun{Name: "shop", Due: due}, false},
		"no timeline": {"nothing is known", func(r *types.CanaryRun) { r.Timeline = nil }, workflows.LastRun{}, true},
		"a dry run": {"it comes beside the schedule", func(r *types.CanaryRun) {
			r.DryRunConfig = &types.CanaryDryRunConfigOutput{DryRunId: awssdk.String("d")}
		}, workflows.LastRun{}, true},
		"a retry": {"it was due when the run before it was", func(r *types.CanaryRun) {
			r.RetryAttempt = awssdk.Int32(1)
			r.Timeline.Started, r.Timeline.Completed = awssdk.Time(due.Add(2*time.Minute)), awssdk.Time(due.Add(3*time.Minute))
		}, workflows.LastRun{Name: "shop", Due: due, Took: time.Minute}, false},
		"its first": {"it is no retry", func(r *types.CanaryRun) { r.RetryAttempt = awssdk.Int32(0) }, workflows.LastRun{Name: "shop", Due: due, Took: time.Minute}, false},
	} {
		run := types.CanaryRun{Timeline: &types.CanaryRunTimeline{
			Started: awssdk.Time(due), Completed: awssdk.Time(due.Add(time.Minute)), MetricTimestampForRunAndRetries: awssdk.Time(due),
		}}
		test.edit(&run)
		got, ok := lastRun(types.CanaryLastRun{CanaryName: awssdk.String("shop"), LastRun: &run})
		if diff := cmp.Diff(test.want, got); diff != "" || ok == test.none {
			t.Errorf("%s, %s: %v (-want +got):\n%s", name, test.reason, ok, diff)
		}
	}
	if _, ok := lastRun(types.CanaryLastRun{CanaryName: awssdk.String("shop")}); ok {
		t.Error("a canary that has not run has a last run")
	}
}
