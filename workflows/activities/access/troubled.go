package access

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
)

// ofRoles are the canaries whose roles are watched.
func ofRoles(found []consumer, pairs []workflows.WatchPair) []consumer {
	return slices.DeleteFunc(slices.Clone(found), func(c consumer) bool {
		return !slices.ContainsFunc(pairs, func(w workflows.WatchPair) bool { return w.Pair.RoleARN == c.settings.RoleARN })
	})
}

// readTroubled reads the canaries of a Region whose last run did not pass: one call tells that of a hundred, and there are
// none as a rule, while to list all canaries takes a call for twenty. A failed run behind a passed one is not among them;
// the watch's last look reads all.
func (a *Activities) readTroubled(ctx context.Context, cell workflows.Cell) reading {
	failed, ran, err := a.lastFailed(ctx, cell)
	if err != nil {
		problem, retry := aws.Classify(aws.Call{Operation: "synthetics:DescribeCanariesLastRun", Cell: cell}, err)
		return reading{problem: problem, retry: retry}
	}
	if len(failed) == 0 {
		return reading{occupied: ran}
	}
	r := a.readRegion(ctx, cell)
	r.occupied = ran
	r.found = slices.DeleteFunc(r.found, func(c consumer) bool { return !failed[c.settings.Name] })
	return r
}

// lastFailed are the names of a cell's canaries with a last run that did not pass, in any browser, and whether any has run. The
// error is the SDK's.
func (a *Activities) lastFailed(ctx context.Context, cell workflows.Cell) (failed map[string]bool, ran bool, err error) {
	failed = map[string]bool{}
	all := &synthetics.DescribeCanariesLastRunInput{}
	_, err = canaries.EachLastRun(ctx, a.synthetics(cell), all, func(name string, run types.CanaryRun) {
		ran = true
		if run.Status == nil || run.Status.State != types.CanaryRunStatePassed {
			failed[name] = true
		}
	})
	return failed, ran, err
}
