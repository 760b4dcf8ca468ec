package census

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows/aws/canaries"
	"rekey/workflows/aws/regions"
)

// Synthetics is what a census asks of CloudWatch Synthetics.
type Synthetics interface {
	canaries.Lister
	canaries.LastRunLister
	GetCanaryRuns(context.Context, *synthetics.GetCanaryRunsInput, ...func(*synthetics.Options)) (*synthetics.GetCanaryRunsOutput, error)
	DescribeRuntimeVersions(context.Context, *synthetics.DescribeRuntimeVersionsInput, ...func(*synthetics.Options)) (*synthetics.DescribeRuntimeVersionsOutput, error)
}

// Account is what a census asks of AWS Account Management, about a Region that does not recognize the account.
type Account interface {
	regions.Lister
}

// S3 is what a census asks of S3.
type S3 interface {
	GetBucketLocation(context.Context, *s3.GetBucketLocationInput, ...func(*s3.Options)) (*s3.GetBucketLocationOutput, error)
}
