package compare

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ran is a run that started so many minutes after noon.
func ran(state types.CanaryRunState, minute int, edits ...func(*types.CanaryRun)) types.CanaryRun {
	started := noon.Add(time.Duration(minute) * time.Minute)
	run := types.CanaryRun{
		Status:   &types.CanaryRunStatus{State: state},
		Timeline: &types.CanaryRunTimeline{Started: &started, Completed: awssdk.Time(started.Add(time.Minute))},
	}
	if state == types.CanaryRunStateRunning {
		run.Timeline.Completed = nil
	}
	for _, edit := range edits {
		edit(&run)
	}
	return run
}

func in(browser types.BrowserType) func(*types.CanaryRun) {
	return func(r *types.CanaryRun) { r.BrowserType = browser }
}

func dry(r *types.CanaryRun) {
	r.DryRunConfig = &types.CanaryDryRunConfigOutput{DryRunId: awssdk.String("dry-1")}
}

func TestCount(t *testing.T) {
	const passed, failed, running = types.CanaryRunStatePassed, types.CanaryRunStateFailed, types.CanaryRunStateRunning
	for name, test := range map[string]struct {
		runs []types.CanaryRun
		want workflows.RunShare
	}{
		"none":                           {nil, workflows.RunShare{}},
		"passed":                         {[]types.CanaryRun{ran(passed, 5)}, workflows.RunShare{Canaries: 1}},
		"failed":                         {[]types.CanaryRun{ran(failed, 5)}, workflows.RunShare{Canaries: 1, Failed: 1}},
		"failed when it was migrated":    {[]types.CanaryRun{ran(failed, 0)}, workflows.RunShare{Canaries: 1, Failed: 1}},
		"failed before":                  {[]types.CanaryRun{ran(failed, -1)}, workflows.RunShare{}},
		"goes on":                        {[]types.CanaryRun{ran(running, 5)}, workflows.RunShare{}},
		"goes on after one that failed":  {[]types.CanaryRun{ran(running, 9), ran(failed, 5), ran(passed, 1)}, workflows.RunShare{Canaries: 1, Failed: 1}},
		"passed after one that failed":   {[]types.CanaryRun{ran(failed, 1), ran(passed, 5)}, workflows.RunShare{Canaries: 1}},
		"one of its browsers fails":      {[]types.CanaryRun{ran(passed, 5, in("CHROME")), ran(failed, 5, in("FIREFOX"))}, workflows.RunShare{Canaries: 1, Failed: 1}},
		"a browser failed, and recovers": {[]types.CanaryRun{ran(failed, 1, in("FIREFOX")), ran(passed, 5, in("CHROME")), ran(passed, 5, in("FIREFOX"))}, workflows.RunShare{Canaries: 1}},
		"a dry run fails":                {[]types.CanaryRun{ran(failed, 5, dry)}, workflows.RunShare{}},
		"a run without a timeline":       {[]types.CanaryRun{{Status: &types.CanaryRunStatus{State: failed}}}, workflows.RunShare{}},
	} {
		t.Run(name, func(t *testing.T) {
			watched := []workflows.Watched{{Name: "checkout", Since: noon}}
			got := compare(workflows.CompareInput{Control: watched}, map[string][]types.CanaryRun{
				"checkout": test.runs, "another": {ran(failed, 5)},
			})
			want := workflows.Comparison{Control: test.want}
			if test.want.Failed > 0 {
				want.Failing = []string{"checkout"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("comparison (-want +got):\n%s", diff)
			}
		})
	}
}
