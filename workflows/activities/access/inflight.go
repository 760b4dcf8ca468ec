package access

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// inFlight is the first canary of the pair's role with a run that goes on and began before the canary was last changed:
// it may use settings of before. Nil when there is none.
func (a *Activities) inFlight(ctx context.Context, pair workflows.Pair, found []consumer) (*consumer, error) {
	looked := map[workflows.Cell]map[string]types.CanaryRun{}
	for _, c := range found {
		if c.settings.RoleARN != pair.RoleARN {
			continue
		}
		running, known := looked[c.cell]
		if !known {
			var err error
			if running, err = a.running(ctx, c.cell); err != nil {
				return nil, err
			}
			looked[c.cell] = running
		}
		run, ok := running[c.settings.Name]
		if ok && awssdk.ToTime(run.Timeline.Started).Before(c.modified) {
			c.use = "a run that began before its last change"
			return &c, nil
		}
	}
	return nil, nil
}

// running are the last runs of a cell's canaries that go on, by canary. With several browsers one of them stands for all.
func (a *Activities) running(ctx context.Context, cell workflows.Cell) (map[string]types.CanaryRun, error) {
	running := map[string]types.CanaryRun{}
	pages := synthetics.NewDescribeCanariesLastRunPaginator(a.synthetics(cell), &synthetics.DescribeCanariesLastRunInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			call := aws.Call{Operation: "synthetics:DescribeCanariesLastRun", Cell: cell}
			return nil, failure.Classified(aws.Classify(call, err))
		}
		for _, last := range page.CanariesLastRun {
			run := last.LastRun
			if run != nil && run.Status != nil && run.Status.State == types.CanaryRunStateRunning && run.Timeline != nil {
				running[awssdk.ToString(last.CanaryName)] = *run
			}
		}
	}
	return running, nil
}
