package access

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/denial"
	"rekey/workflows/failure"
)

// AwaitDenial looks at the runs, since access was removed, of every canary of the pairs' roles in all Regions of the
// account. A run that failed to save or read something, and says so, is a denial: of the pair whose key it names, else of
// every pair of its role. While there is none it ends with NotYet.
//
// What can't be read hides no denial elsewhere; without one, the attempt ends, and at the watch's end the caller decides what
// not seeing means. Since the watch of all pairs may be over after the last look, one that sees a denial but not everything
// answers a denial of each of the other pairs, too.
func (a *Activities) AwaitDenial(ctx context.Context, in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
	seen, passing, err := a.watched(ctx, in)
	if err != nil {
		return nil, err
	}
	if seen.failed != nil {
		return nil, failure.Refuse(seen.failed)
	}
	denials, err := a.denials(ctx, ofRoles(seen.canaries, in.Pairs), in.Pairs)
	patient := isPatient(ctx)
	unseen := cmp.Or(err, unsearched(seen, passing, in.Last && !patient))
	switch {
	case unseen == nil && len(denials) == 0:
		return nil, failure.Wait("no run was denied anything", in.Poll.Delay(in.Poll.Every))
	case unseen == nil, len(denials) > 0 && !in.Last:
		return denials, nil
	case len(denials) > 0 && (failure.IsRefusal(unseen) || !patient):
		return append(denials, blind(in.Pairs, denials, failure.Problem(unseen))...), nil
	}
	return nil, unseen
}

// watched are canaries whose runs are to be read: those whose last one did not pass, and all in the last look.
func (a *Activities) watched(ctx context.Context, in workflows.AwaitDenialInput) (observation, *workflows.Problem, error) {
	if in.Last {
		return a.searchBy(ctx, in.Cell, a.readRegion)
	}
	return a.searchTroubled(ctx, in.Cell, in.Poll)
}

// unsearched is the end of an attempt that could not read every Region, for good where no other is to try; nil for one that
// could.
func unsearched(seen observation, passing *workflows.Problem, givenUp bool) error {
	switch {
	case passing != nil:
		return failure.Retry(passing, 0)
	case len(seen.unsearched) > 0 && givenUp:
		return failure.Refuse(notSearched(seen.unsearched))
	case len(seen.unsearched) > 0:
		return failure.Retry(notSearched(seen.unsearched), 0)
	}
	return nil
}

// denials are those of the canaries' runs, one for each pair. With an error they are what was found before.
func (a *Activities) denials(ctx context.Context, canaries []consumer, pairs []workflows.WatchPair) (denials []workflows.Denial, err error) {
	for _, c := range canaries {
		for _, pair := range pairs {
			if pair.Pair.RoleARN != c.settings.RoleARN || known(denials, pair.Pair) {
				continue
			}
			run, err := a.deniedRun(ctx, c, pair, pairs)
			if err != nil {
				return denials, err
			}
			if run != nil {
				denials = append(denials, workflows.Denial{Pair: pair.Pair, Problem: restored(pair.Pair, c, *run)})
			}
		}
	}
	return denials, nil
}

// blind are denials of the pairs that have none yet, for what nobody can see to be unneeded is restored.
func blind(pairs []workflows.WatchPair, denials []workflows.Denial, why *workflows.Problem) (list []workflows.Denial) {
	for _, p := range pairs {
		if known(denials, p.Pair) {
			continue
		}
		list = append(list, workflows.Denial{Pair: p.Pair, Problem: &workflows.Problem{
			Reason:   workflows.AccessRestored,
			Message:  fmt.Sprintf("Not all runs of %s could be looked at, so its access to %s was restored: %s", p.Pair.RoleARN, p.Pair.KeyARN, why.Message),
			NextStep: "Mend what is in the way, and look at the held access again.",
			Metadata: map[string]string{
				"run_id": "", "consumer": p.Pair.RoleARN, "role_arn": p.Pair.RoleARN, "kms_key_arn": p.Pair.KeyARN, "cause": why.Message,
			},
		}})
	}
	return list
}

func known(denials []workflows.Denial, pair workflows.Pair) bool {
	for _, d := range denials {
		if d.Pair == pair {
			return true
		}
	}
	return false
}

// deniedRun is the newest run of a canary since the removal that was denied something of the pair, nil when none was.
func (a *Activities) deniedRun(ctx context.Context, c consumer, watched workflows.WatchPair, all []workflows.WatchPair) (*types.CanaryRun, error) {
	pages := synthetics.NewGetCanaryRunsPaginator(a.synthetics(c.cell), &synthetics.GetCanaryRunsInput{Name: awssdk.String(c.settings.Name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		switch {
		case aws.IsMissing(err):
			return nil, nil
		case err != nil:
			call := aws.Call{Operation: "synthetics:GetCanaryRuns", Resource: c.settings.Name, Cell: c.cell}
			return nil, failure.Classified(aws.Classify(call, err))
		}
		for i, run := range page.CanaryRuns {
			if run.Timeline == nil || !completedSince(run, watched.Since) {
				continue
			}
			if isDenied(run) && concerns(run, watched.Pair, all) {
				return &page.CanaryRuns[i], nil
			}
		}
		if n := len(page.CanaryRuns); n > 0 && !completedSince(page.CanaryRuns[n-1], watched.Since) {
			break // runs come newest first
		}
	}
	return nil, nil
}

func completedSince(run types.CanaryRun, since time.Time) bool {
	return run.Timeline != nil && !awssdk.ToTime(run.Timeline.Completed).Before(since)
}

// isDenied reports whether a run failed for missing permission. A reason that names none is not counted: nothing that
// this migration removed need be behind it.
func isDenied(run types.CanaryRun) bool {
	return run.Status != nil && run.Status.State == types.CanaryRunStateFailed && denial.NamesAccess(awssdk.ToString(run.Status.StateReason))
}

// concerns reports whether a denial is about a pair: it names its key, or none of the role's watched ones.
func concerns(run types.CanaryRun, pair workflows.Pair, all []workflows.WatchPair) bool {
	reason := awssdk.ToString(run.Status.StateReason)
	if strings.Contains(reason, strings.TrimPrefix(pair.KeyARN, "s3://")) {
		return true
	}
	for _, other := range all {
		if other.Pair.RoleARN == pair.RoleARN && strings.Contains(reason, strings.TrimPrefix(other.Pair.KeyARN, "s3://")) {
			return false
		}
	}
	return true
}

func restored(pair workflows.Pair, c consumer, run types.CanaryRun) *workflows.Problem {
	return &workflows.Problem{
		Reason: workflows.AccessRestored,
		Message: fmt.Sprintf("After the access of %s to %s was removed, run %s of canary %s was denied something, so the access was restored: %s",
			pair.RoleARN, pair.KeyARN, awssdk.ToString(run.Id), c.arn(), awssdk.ToString(run.Status.StateReason)),
		NextStep: "Find out what that canary needs the old access for, and give it another way; then remove the listed access by hand.",
		Metadata: map[string]string{"run_id": awssdk.ToString(run.Id), "consumer": c.arn(), "role_arn": pair.RoleARN, "kms_key_arn": pair.KeyARN},
	}
}
