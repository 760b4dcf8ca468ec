// Package runs waits for runs of canaries, for all canaries of a cell in one activity.
package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// Bounds of one look.
const (
	// maxNames is how many canaries DescribeCanariesLastRun takes by name (Synthetics API).
	maxNames = 5
	// maxReady ends a look early when that many canaries are ready; the others are ready at the next.
	maxReady = 50
	// maxPages bounds how far back a look goes in one canary's runs, 100 a page.
	maxPages = 10
)

// maxLook is how long, in real time, an attempt may look at objects before it answers what it has.
const maxLook = 30 * time.Second

// Prover looks at the objects of runs, as ProveRuns does.
type Prover func(context.Context, workflows.ProveInput) ([]workflows.RunProof, error)

// Activities waits for runs.
type Activities struct {
	access *aws.Access
	prove  Prover
}

// New is a waiter that enters accounts through access, and has runs proven by prove.
func New(access *aws.Access, prove Prover) *Activities { return &Activities{access, prove} }

// AwaitRuns looks once at the waiting canaries, and answers those that are ready, in the order of the input: every
// browser has a completed run that started at or after Since and is not in After. The runs come newest first, at
// most 10 of them, the newest of each browser included. A canary that was deleted, or made anew under its name,
// is answered as gone, and one whose runs AWS refuses to tell with that problem. While none is ready the activity
// ends with NotYet. What AWS refuses of the whole cell ends the attempt only, since it may be mended while the
// canaries wait; when the waits are over it ends the activity.
//
// A completed run counts whatever its result is, also one that Synthetics will still retry (RetryConfig): a
// retry is a run of its own, and makes the canary ready again.
//
// Where a canary's wait asks for it, the objects of its runs are looked at too. A canary of which that fails for now is
// not ready; one whose bucket is in a Region that can't be entered is answered with that problem.
//
// The last runs of the cell's canaries tell cheaply which canaries are worth a closer look; a canary that they
// don't mention is looked at too, since it may have been deleted.
func (a *Activities) AwaitRuns(ctx context.Context, in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
	look := look{api: synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics")), cell: in.Cell, prove: a.prove, isLast: in.Last}
	begun := time.Now()
	last, dated, err := look.lastRuns(ctx, in.Waiting)
	if err != nil {
		return workflows.ReadyRuns{}, look.unseen(look.classify("synthetics:DescribeCanariesLastRun", "", err))
	}
	ready, err := look.over(ctx, in.Waiting, last, begun)
	switch {
	case len(ready.Ready) > 0:
		return ready, nil // which need not wait for a call that is repeated at the next look
	case err != nil:
		return ready, err
	}
	return ready, failure.Wait(fmt.Sprintf("none of %d canaries has new runs", len(in.Waiting)), in.Poll.Delay(nextLook(in, dated)))
}

// look is one look at a cell.
type look struct {
	api   Synthetics
	cell  workflows.Cell
	prove Prover
	// isLast says that what AWS refuses is not waited for any longer.
	isLast bool
}

// over looks at the waiting canaries that are worth it, as far as it comes. It answers who is ready, and what kept it from
// finding more. Calls of Synthetics that fail for one fail for all; objects lie in many buckets, and each is tried.
func (l look) over(
	ctx context.Context, waiting []workflows.Waiting, last map[string][]types.CanaryRun, begun time.Time,
) (ready workflows.ReadyRuns, err error) {
	for _, w := range waiting {
		if n := len(ready.Ready); n == maxReady || n > 0 && time.Since(begun) > maxLook {
			break
		}
		if !worthALook(w, last) {
			continue
		}
		r, ok, failed := l.at(ctx, w)
		if ok {
			ready.Ready = append(ready.Ready, r)
		}
		if of, isObjects := errors.AsType[unproven](failed); isObjects {
			err = of.error
		} else if failed != nil {
			return ready, failed
		}
	}
	return ready, err
}

// unproven is why the objects of a canary's runs could not be looked at for now: it is not ready, and the others may be.
type unproven struct{ error }

// lastRuns are the last runs of the waiting canaries, by name and browser as AWS tells them, and when it did; nil when it could not
// be asked for all of them by name, because one is gone. The error is the SDK's.
func (l look) lastRuns(ctx context.Context, waiting []workflows.Waiting) (last map[string][]types.CanaryRun, dated time.Time, err error) {
	in := &synthetics.DescribeCanariesLastRunInput{}
	if len(waiting) <= maxNames {
		for _, w := range waiting {
			in.Names = append(in.Names, w.Name)
		}
	}
	last = map[string][]types.CanaryRun{}
	first, err := canaries.EachLastRun(ctx, l.api, in, func(name string, run types.CanaryRun) { last[name] = append(last[name], run) })
	if aws.IsMissing(err) {
		return nil, first.Dated, nil
	}
	return last, first.Dated, err
}

// at looks closely at one canary.
func (l look) at(ctx context.Context, w workflows.Waiting) (workflows.Ready, bool, error) {
	gone := workflows.Ready{Name: w.Name, Gone: true}
	found, quiet, err := l.runs(ctx, w)
	switch {
	case aws.IsMissing(err):
		return gone, true, nil
	case err != nil:
		return l.refused("synthetics:GetCanaryRuns", w, err)
	}
	chosen := choose(w, found)
	if len(chosen) == 0 {
		return workflows.Ready{}, false, nil
	}
	// Runs don't tell whose they are: a canary that was made anew under the name has runs too.
	canary, err := canaries.Get(ctx, l.api, w.Name)
	switch {
	case aws.IsMissing(err):
		return gone, true, nil
	case err != nil:
		return l.refused("synthetics:GetCanary", w, err)
	case awssdk.ToString(canary.Id) != w.ID:
		return gone, true, nil
	}
	return l.proven(ctx, w, workflows.Ready{Name: w.Name, Runs: chosen, Quiet: quiet})
}

// proven is a canary that is ready with its runs and, where the wait asks for it, with what their objects carry.
func (l look) proven(ctx context.Context, w workflows.Waiting, ready workflows.Ready) (workflows.Ready, bool, error) {
	if w.Prove == nil {
		return ready, true, nil
	}
	proofs, err := l.prove(ctx, w.Prove.Prove(l.cell, w.Name, w.ID, ready.Runs))
	switch {
	case err == nil:
		ready.Proofs = proofs
		return ready, true, nil
	case !failure.IsRefusal(err):
		return workflows.Ready{}, false, unproven{err}
	case failure.Is(err, workflows.CellNotReachable) && cmp.Or(w.Prove.BucketRegion, l.cell.Region) == l.cell.Region:
		return workflows.Ready{}, false, unproven{failure.Retry(failure.Problem(err), 0)} // which concerns the whole cell
	}
	return workflows.Ready{Name: w.Name, Problem: failure.Problem(err)}, true, nil
}

// runs are a canary's runs, back to the first page that ends before the wait began, and the time before which none of all began
// that goes on. AWS does not document their order; newest first is what it answers.
func (l look) runs(ctx context.Context, w workflows.Waiting) (all []types.CanaryRun, before time.Time, err error) {
	var dated time.Time
	pages := synthetics.NewGetCanaryRunsPaginator(l.api, &synthetics.GetCanaryRunsInput{Name: awssdk.String(w.Name)})
	for i := 0; i < maxPages && pages.HasMorePages(); i++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, before, err
		}
		if i == 0 {
			dated, _ = aws.ServerTime(page.ResultMetadata)
		}
		all = append(all, page.CanaryRuns...)
		if n := len(page.CanaryRuns); n > 0 && canaries.Started(page.CanaryRuns[n-1]).Before(w.Since) {
			break
		}
	}
	return all, quiet(all, !pages.HasMorePages(), dated), nil
}

// refused is the answer of a canary whose runs AWS refuses to tell, so that the others go on, and the end of the
// attempt where that says nothing about the canary.
func (l look) refused(operation string, w workflows.Waiting, err error) (workflows.Ready, bool, error) {
	problem, retry := l.classify(operation, w.Name, err)
	if retry || problem.Reason == workflows.CellNotReachable {
		return workflows.Ready{}, false, l.unseen(problem, retry)
	}
	return workflows.Ready{Name: w.Name, Problem: problem}, true, nil
}

// unseen is the end of an attempt that could not look at the cell: of the last one, where another would be refused too.
func (l look) unseen(problem *workflows.Problem, retry bool) error {
	if l.isLast {
		return failure.Classified(problem, retry)
	}
	return failure.Retry(problem, 0)
}

func (l look) classify(operation, resource string, err error) (*workflows.Problem, bool) {
	return aws.Classify(aws.Call{Operation: operation, Resource: resource, Cell: l.cell}, err)
}
