package canaries

import (
	"context"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
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
		got, ok := lastRun("shop", run)
		if diff := cmp.Diff(test.want, got); diff != "" || ok == test.none {
			t.Errorf("%s, %s: %v (-want +got):\n%s", name, test.reason, ok, diff)
		}
	}
}

// told is what AWS tells of last runs.
type told []types.CanaryLastRun

// DescribeCanariesLastRun implements LastRunLister.
func (l told) DescribeCanariesLastRun(
	context.Context, *synthetics.DescribeCanariesLastRunInput, ...func(*synthetics.Options),
) (*synthetics.DescribeCanariesLastRunOutput, error) {
	return &synthetics.DescribeCanariesLastRunOutput{CanariesLastRun: l}, nil
}

func TestWhatHasNotRunHasNoLastRun(t *testing.T) {
	ran := types.CanaryRun{Timeline: &types.CanaryRunTimeline{Started: awssdk.Time(time.Now())}}
	runs, _, err := LastRuns(t.Context(), told{{CanaryName: awssdk.String("fresh")}, {CanaryName: awssdk.String("shop"), LastRun: &ran}})
	if err != nil || len(runs) != 1 || runs[0].Name != "shop" {
		t.Errorf("got %+v, %v, want that of the canary that ran", runs, err)
	}
}
