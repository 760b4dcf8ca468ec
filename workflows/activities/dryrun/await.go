package dryrun

import (
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// stateEvery is at every how manieth attempt the state of a dry run without runs is read, from the first on, which may be the
// only one. A dry run that failed is told a few looks later, and one that is on its way takes half the calls.
const stateEvery = 3

// latestLook is when, in AWS's time, a dry run that was started is looked at for the first time, however long it is expected to
// take: one that failed to begin is not to be waited for in vain.
const latestLook = time.Minute

// firstLook is when, in AWS's time, a dry run that was started is to be looked at: when it is likely to be over.
func firstLook(in workflows.AwaitDryRunInput) time.Duration {
	if in.Expected == 0 {
		return 2 * in.Poll.Every
	}
	return min(in.Expected, latestLook)
}

// AwaitDryRun answers the runs of a dry run, one per browser, once they are complete, and what their objects carry where
// that is asked for; or why there are none. Until then it ends with NotYet. What the canary's LastDryRunExecutionStatus
// says is not documented, so it is not read: runs tell, and where there is none, the state of the dry run.
//
// Of a dry run that has just been started (Fresh) the first attempt asks for nothing: it is not over.
func (a *Activities) AwaitDryRun(ctx context.Context, in workflows.AwaitDryRunInput) (workflows.DryRunEnd, error) {
	attempt := activity.GetInfo(ctx).Attempt
	if attempt == 1 && in.Fresh {
		return workflows.DryRunEnd{}, failure.Wait("the dry run was started", in.Poll.Delay(firstLook(in)))
	}
	l := a.look(in.Cell, in.Recorded.Name)
	runs, err := l.runs(ctx, in.DryRunID)
	if err != nil {
		return workflows.DryRunEnd{}, err
	}
	why := ""
	if len(runs) == 0 && attempt%stateEvery == 1 {
		if why, err = l.failure(ctx, in.DryRunID); err != nil {
			return workflows.DryRunEnd{}, err
		}
	}
	if why != "" { // a run that failed makes it fail, and may have come in between: that says more
		if runs, err = l.runs(ctx, in.DryRunID); err != nil {
			return workflows.DryRunEnd{}, err
		}
	}
	switch chosen := canaries.Latest(in.Recorded.Browsers, runs); {
	case len(chosen) > 0:
		return a.proven(ctx, in, chosen)
	case why != "" && len(runs) == 0:
		return workflows.DryRunEnd{Failed: why}, nil
	}
	return workflows.DryRunEnd{}, failure.Wait("the dry run is under way", in.Poll.Delay(in.Poll.Every))
}

// runs are those of a dry run, complete or not.
func (l look) runs(ctx context.Context, id string) ([]types.CanaryRun, error) {
	out, err := l.api.GetCanaryRuns(ctx, &synthetics.GetCanaryRunsInput{Name: awssdk.String(l.name), DryRunId: awssdk.String(id)})
	if err != nil {
		return nil, l.classify("synthetics:GetCanaryRuns", err)
	}
	return out.CanaryRuns, nil
}

func (a *Activities) proven(ctx context.Context, in workflows.AwaitDryRunInput, chosen []workflows.Run) (workflows.DryRunEnd, error) {
	end := workflows.DryRunEnd{Runs: chosen}
	if in.Prove == nil {
		return end, nil
	}
	var err error
	end.Proofs, err = a.prove(ctx, in.Prove.Prove(in.Cell, in.Recorded.Name, in.Recorded.ID, chosen))
	return end, err
}

// failure is why a dry run has no runs; empty while it may still get some.
func (l look) failure(ctx context.Context, id string) (string, error) {
	out, err := l.api.GetCanary(ctx, &synthetics.GetCanaryInput{Name: awssdk.String(l.name), DryRunId: awssdk.String(id)})
	if err != nil {
		return "", l.classify("synthetics:GetCanary", err)
	}
	if out.Canary == nil || out.Canary.Status == nil || canaries.State(*out.Canary) != types.CanaryStateError {
		return "", nil
	}
	if reason := awssdk.ToString(out.Canary.Status.StateReason); reason != "" {
		return reason, nil
	}
	return "its state is ERROR", nil
}
