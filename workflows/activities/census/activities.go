// Package census takes the census of a cell: which canaries it holds, and how they are set. It changes nothing.
package census

import (
	"cmp"
	"context"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
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

// TakeCensus reads every canary of a cell and answers those whose names match, by name, with the Regions of their
// buckets, and the deprecated ones among their runtimes. A canary whose bucket's Region can't be read has none.
//
// It fails with CELL_NOT_REACHABLE or ACCESS_DENIED when the cell can't be read.
func (a *Activities) TakeCensus(ctx context.Context, in workflows.CensusInput) (workflows.Census, error) {
	api := synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics"))
	found, err := canaries.List(ctx, api)
	if err != nil {
		return workflows.Census{}, failure.Classified(aws.Classify(call(in.Cell, "synthetics:DescribeCanaries", ""), err))
	}
	var census workflows.Census
	for _, c := range found {
		if s := canaries.Settings(c); matchesAny(in.NamePatterns, s.Name) {
			census.Canaries = append(census.Canaries, s)
		}
	}
	slices.SortFunc(census.Canaries, func(a, b workflows.Settings) int { return cmp.Compare(a.Name, b.Name) })
	if err := a.locate(ctx, in.Cell, census.Canaries); err != nil {
		return workflows.Census{}, err
	}
	if len(census.Canaries) == 0 {
		return census, nil
	}
	census.Deprecated, err = deprecations(ctx, api, in.Cell, census.Canaries)
	return census, err
}

// locate fills in the Regions of the canaries' buckets, asking for each bucket once.
func (a *Activities) locate(ctx context.Context, cell workflows.Cell, list []workflows.Settings) error {
	api := s3.NewFromConfig(a.access.Config(cell, "s3"), func(o *s3.Options) {
		// The endpoint of any Region answers for any bucket (S3 API, GetBucketLocation: in other Regions than the
		// bucket's own only its policy doesn't count), as long as the bucket is named in the path: a virtual host
		// leads to the Region that is being asked for. A simulated AWS has no virtual hosts.
		o.UsePathStyle = true
	})
	regions := map[string]string{}
	for i := range list {
		bucket := bucketOf(list[i].Location)
		if _, known := regions[bucket]; !known {
			found, err := region(ctx, api, cell, bucket)
			if err != nil {
				return err
			}
			regions[bucket] = found
		}
		list[i].BucketRegion = regions[bucket]
	}
	return nil
}

// region is where a bucket is, empty when it can't be read: the bucket is gone, or belongs to an account
// that does not let rekey look.
func region(ctx context.Context, api S3, cell workflows.Cell, bucket string) (string, error) {
	if bucket == "" {
		return "", nil
	}
	out, err := api.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: awssdk.String(bucket)})
	if err == nil {
		return aws.BucketRegion(string(out.LocationConstraint)), nil
	}
	problem, retry := aws.Classify(call(cell, "s3:GetBucketLocation", bucket), err)
	if retry || problem.Reason == workflows.CellNotReachable {
		return "", failure.Classified(problem, retry)
	}
	return "", nil
}

// deprecations are those of the canaries' runtime versions that AWS had deprecated by the time of its answer.
func deprecations(ctx context.Context, api Synthetics, cell workflows.Cell, list []workflows.Settings) ([]string, error) {
	var deprecated []string
	pages := synthetics.NewDescribeRuntimeVersionsPaginator(api, &synthetics.DescribeRuntimeVersionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure.Classified(aws.Classify(call(cell, "synthetics:DescribeRuntimeVersions", ""), err))
		}
		now, ok := aws.ServerTime(page.ResultMetadata)
		if !ok {
			return nil, failure.Retry(aws.Undated(call(cell, "synthetics:DescribeRuntimeVersions", "")), 0)
		}
		for _, v := range page.RuntimeVersions {
			if isDeprecated(v, now) && isUsed(list, awssdk.ToString(v.VersionName)) {
				deprecated = append(deprecated, *v.VersionName)
			}
		}
	}
	slices.Sort(deprecated)
	return slices.Compact(deprecated), nil
}

func call(cell workflows.Cell, operation, resource string) aws.Call {
	return aws.Call{Operation: operation, Resource: resource, Cell: cell}
}
