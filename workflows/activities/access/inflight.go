package access

import (
	"context"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// passing is the first canary that may need the pair for something that is soon over, nil when there is none.
func (a *Activities) passing(ctx context.Context, pair workflows.RevokePair, found observation) (*consumer, error) {
	if user := updating(pair.Pair, found); user != nil {
		return user, nil
	}
	return a.inFlight(ctx, pair, found)
}

// updating is the first canary of the pair's role with an update that has not settled, nil when there is none. Its settings
// are still those of before, and nothing tells what it is about to need (API_UpdateCanary: an answer means that it was
// queued).
func updating(pair workflows.Pair, found observation) *consumer {
	for _, c := range found.canaries {
		if c.settings.RoleARN == pair.RoleARN && c.settings.State == string(types.CanaryStateUpdating) {
			c.use = "an update that has not settled"
			return &c
		}
	}
	return nil
}

// longestUpdate is how long after an edit runs may still begin under the settings of before it, where nobody saw it
// settle: AWS's own CloudFormation handler allows ten minutes. LastModified is the edit's time, not that of its effect.
const longestUpdate = 10 * time.Minute

// inFlight is the first canary of the pair's role with a run that goes on and began before the canary's last change took
// effect: it may use settings of before. Nil when there is none. A canary's newest run does not tell, because a change
// makes it run at once, beside the run that goes on; so those that were changed lately are asked for their runs, unless the
// migration has.
func (a *Activities) inFlight(ctx context.Context, pair workflows.RevokePair, found observation) (*consumer, error) {
	for _, c := range found.canaries {
		changed := changedBy(c, pair.Settled)
		if c.settings.RoleARN != pair.Pair.RoleARN || found.dated.Sub(changed) > canaries.LongestRun || isQuiet(c, pair) {
			continue
		}
		runs, err := a.runs(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			if isRunning(run) && awssdk.ToTime(run.Timeline.Started).Before(changed) {
				c.use = "a run that began before its last change"
				return &c, nil
			}
		}
	}
	return nil, nil
}

// changedBy is the time from which on runs use the canary's settings as they are: when the migration saw its update
// settled, unless somebody edited the canary since.
func changedBy(c consumer, settled map[string]time.Time) time.Time {
	if at, ok := settled[c.settings.ID]; ok && !c.modified.After(at) {
		return at
	}
	return c.modified.Add(longestUpdate)
}

// isQuiet reports whether the migration saw that no run of a canary goes on that began before its update settled, and nobody has
// edited the canary since.
func isQuiet(c consumer, pair workflows.RevokePair) bool {
	at, ok := pair.Settled[c.settings.ID]
	return ok && !c.modified.After(at) && slices.Contains(pair.Quiet, c.settings.ID)
}

func isRunning(run types.CanaryRun) bool {
	return run.Status != nil && run.Status.State == types.CanaryRunStateRunning && run.Timeline != nil
}

// runs are the newest runs of a canary, which hold all that may go on.
func (a *Activities) runs(ctx context.Context, c consumer) ([]types.CanaryRun, error) {
	out, err := a.synthetics(c.cell).GetCanaryRuns(ctx, &synthetics.GetCanaryRunsInput{Name: awssdk.String(c.settings.Name)})
	switch {
	case aws.IsMissing(err):
		return nil, nil
	case err != nil:
		call := aws.Call{Operation: "synthetics:GetCanaryRuns", Resource: c.settings.Name, Cell: c.cell}
		return nil, failure.Classified(aws.Classify(call, err))
	}
	return out.CanaryRuns, nil
}
