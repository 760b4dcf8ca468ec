// Package compare compares how migrated canaries do with how not-yet-migrated ones of the same cell do.
package compare

import (
	"context"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// Activities compares.
type Activities struct {
	access *aws.Access
}

// New is a comparer that enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access} }

// Compare counts the canaries of both groups that have a last complete run that counts, and those of which it failed, in
// any of their browsers. A canary that is gone, or has not run since, is left out.
//
// Last runs are told a hundred in a call (Synthetics API, DescribeCanariesLastRun). Whether an answer that names no browser
// tells of all of a canary's is not documented, so it is asked for each too. A canary whose last run goes on,
// or was a dry run, is asked for those before, which takes a call each.
func (a *Activities) Compare(ctx context.Context, in workflows.CompareInput) (workflows.Comparison, error) {
	l := look{api: synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics")), cell: in.Cell}
	last := map[string][]types.CanaryRun{}
	for _, browser := range append([]types.BrowserType{""}, types.BrowserType("").Values()...) {
		if err := l.lastRuns(ctx, browser, last); err != nil {
			return workflows.Comparison{}, err
		}
	}
	for _, w := range slices.Concat(in.Migrated, in.Control) {
		if !slices.ContainsFunc(last[w.Name], isSilent) {
			continue
		}
		runs, err := l.runs(ctx, w.Name)
		if err != nil {
			return workflows.Comparison{}, err
		}
		last[w.Name] = append(last[w.Name], runs...)
	}
	return compare(in, last), nil
}

// look is a look at the runs of a cell.
type look struct {
	api  Synthetics
	cell workflows.Cell
}

// lastRuns adds the last runs of all canaries, by name.
func (l look) lastRuns(ctx context.Context, browser types.BrowserType, last map[string][]types.CanaryRun) error {
	in := &synthetics.DescribeCanariesLastRunInput{BrowserType: browser}
	_, err := canaries.EachLastRun(ctx, l.api, in, func(name string, run types.CanaryRun) { last[name] = append(last[name], run) })
	if err != nil {
		return l.classify("synthetics:DescribeCanariesLastRun", "", err)
	}
	return nil
}

// runs are the newest runs of a canary, none where it is gone.
func (l look) runs(ctx context.Context, name string) ([]types.CanaryRun, error) {
	out, err := l.api.GetCanaryRuns(ctx, &synthetics.GetCanaryRunsInput{Name: awssdk.String(name)})
	switch {
	case aws.IsMissing(err):
		return nil, nil
	case err != nil:
		return nil, l.classify("synthetics:GetCanaryRuns", name, err)
	}
	return out.CanaryRuns, nil
}

func (l look) classify(operation, name string, err error) error {
	return failure.Classified(aws.Classify(aws.Call{Operation: operation, Resource: name, Cell: l.cell}, err))
}
