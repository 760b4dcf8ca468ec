package access

import (
	"context"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// ofRoles are the canaries whose roles are watched.
func ofRoles(found []consumer, pairs []workflows.WatchPair) []consumer {
	return slices.DeleteFunc(slices.Clone(found), func(c consumer) bool {
		return !slices.ContainsFunc(pairs, func(w workflows.WatchPair) bool { return w.Pair.RoleARN == c.settings.RoleARN })
	})
}

// troubled are those of the canaries whose last run did not pass: a hundred of them are told by one call, where all of a
// canary's runs take one each. A failed run behind a passed one is not among them; the watch's last look reads all.
func (a *Activities) troubled(ctx context.Context, found []consumer) ([]consumer, error) {
	failed := map[string]bool{}
	asked := map[workflows.Cell]bool{}
	for _, c := range found {
		if asked[c.cell] {
			continue
		}
		asked[c.cell] = true
		if err := a.lastRuns(ctx, c.cell, failed); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(c consumer) bool { return !failed[c.arn()] }), nil
}

// lastRuns notes the canaries of a cell with a last run that did not pass, in any browser.
func (a *Activities) lastRuns(ctx context.Context, cell workflows.Cell, failed map[string]bool) error {
	pages := synthetics.NewDescribeCanariesLastRunPaginator(a.synthetics(cell), &synthetics.DescribeCanariesLastRunInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return failure.Classified(aws.Classify(aws.Call{Operation: "synthetics:DescribeCanariesLastRun", Cell: cell}, err))
		}
		for _, last := range page.CanariesLastRun {
			if run := last.LastRun; run != nil && (run.Status == nil || run.Status.State != types.CanaryRunStatePassed) {
				failed[aws.CanaryARN(cell, awssdk.ToString(last.CanaryName))] = true
			}
		}
	}
	return nil
}
