package compare

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"
)

// Synthetics is what a comparison asks of CloudWatch Synthetics.
type Synthetics interface {
	DescribeCanariesLastRun(context.Context, *synthetics.DescribeCanariesLastRunInput, ...func(*synthetics.Options)) (*synthetics.DescribeCanariesLastRunOutput, error)
	GetCanaryRuns(context.Context, *synthetics.GetCanaryRunsInput, ...func(*synthetics.Options)) (*synthetics.GetCanaryRunsOutput, error)
}
