// Package census takes the census of a cell: which canaries it holds, and how they are set. It changes nothing.
package census

import (
	"cmp"
	"context"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// Activities takes censuses.
type Activities struct {
	access *aws.Access
}

// New is a census taker that enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access} }

// TakeCensus reads every canary of a cell and answers those whose names match and that the filter admits, by name, with the Regions of their
// buckets, the deprecated ones among their runtimes, when their baselines were made, which tool manages them, and where
// the target moves their artifacts. A canary whose bucket's Region can't be read has none.
//
// It fails with REGION_DISABLED, CELL_NOT_REACHABLE or ACCESS_DENIED when the cell can't be read.
func (a *Activities) TakeCensus(ctx context.Context, in workflows.CensusInput) (workflows.Census, error) {
	api := synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics"))
	found, err := canaries.List(ctx, api)
	if err != nil {
		return workflows.Census{}, a.unread(ctx, in.Cell, err)
	}
	var census workflows.Census
	for _, c := range found {
		if s := canaries.Settings(c); matchesAny(in.NamePatterns, s.Name) && admits(in.Filter, s, c.Tags) {
			s.ManagedBy = managedBy(c.Tags, in.ManagedTags)
			census.Canaries = append(census.Canaries, s)
		}
	}
	slices.SortFunc(census.Canaries, func(a, b workflows.Settings) int { return cmp.Compare(a.Name, b.Name) })
	census.Canaries, census.More = page(in, census.Canaries)
	if len(census.Canaries) == 0 {
		return census, nil
	}
	if !in.Brief {
		if err := a.detail(ctx, api, in, &census); err != nil {
			return workflows.Census{}, err
		}
	}
	census.Deprecated, census.Dated, err = deprecations(ctx, api, in.Cell, census.Canaries)
	return census, err
}

// detail fills in what takes calls for each bucket and each visual canary.
func (a *Activities) detail(ctx context.Context, api Synthetics, in workflows.CensusInput, census *workflows.Census) error {
	buckets := a.buckets(in.Cell)
	err := buckets.locate(ctx, census.Canaries)
	if err != nil {
		return err
	}
	if census.Moves, err = buckets.moves(ctx, in, census.Canaries); err != nil {
		return err
	}
	if in.Limit == 0 {
		if census.LastRuns, err = lastRuns(ctx, api, in.Cell, census.Canaries); err != nil {
			return err
		}
	}
	return dateBaselines(ctx, api, in.Cell, census.Canaries)
}

// lastRuns are the last runs of the canaries, by which a plan foretells how many runs go on at once; none where AWS refuses to
// tell them, since nothing else rests on them.
func lastRuns(ctx context.Context, api Synthetics, cell workflows.Cell, list []workflows.Settings) ([]workflows.LastRun, error) {
	runs, _, err := canaries.LastRuns(ctx, api)
	if err != nil {
		problem, retry := aws.Classify(call(cell, "synthetics:DescribeCanariesLastRun", ""), err)
		if problem.Reason == workflows.AccessDenied && !retry {
			return nil, nil
		}
		return nil, failure.Classified(problem, retry)
	}
	return slices.DeleteFunc(runs, func(r workflows.LastRun) bool {
		return !slices.ContainsFunc(list, func(s workflows.Settings) bool { return s.Name == r.Name })
	}), nil
}

// deprecations are those of the canaries' runtime versions that AWS had deprecated by the time of its answer, and that
// time.
func deprecations(ctx context.Context, api Synthetics, cell workflows.Cell, list []workflows.Settings) ([]string, time.Time, error) {
	var deprecated []string
	var dated time.Time
	pages := synthetics.NewDescribeRuntimeVersionsPaginator(api, &synthetics.DescribeRuntimeVersionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, dated, failure.Classified(aws.Classify(call(cell, "synthetics:DescribeRuntimeVersions", ""), err))
		}
		now, ok := aws.ServerTime(page.ResultMetadata)
		if !ok {
			return nil, dated, failure.Retry(aws.Undated(call(cell, "synthetics:DescribeRuntimeVersions", "")), 0)
		}
		dated = now
		for _, v := range page.RuntimeVersions {
			if isDeprecated(v, now) && isUsed(list, awssdk.ToString(v.VersionName)) {
				deprecated = append(deprecated, *v.VersionName)
			}
		}
	}
	slices.Sort(deprecated)
	return slices.Compact(deprecated), dated, nil
}

func call(cell workflows.Cell, operation, resource string) aws.Call {
	return aws.Call{Operation: operation, Resource: resource, Cell: cell}
}
