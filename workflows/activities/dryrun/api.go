package dryrun

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows/aws/canaries"
)

// Synthetics is what a dry run asks of CloudWatch Synthetics.
type Synthetics interface {
	canaries.Getter
	GetCanaryRuns(context.Context, *synthetics.GetCanaryRunsInput, ...func(*synthetics.Options)) (*synthetics.GetCanaryRunsOutput, error)
	StartCanaryDryRun(context.Context, *synthetics.StartCanaryDryRunInput, ...func(*synthetics.Options)) (*synthetics.StartCanaryDryRunOutput, error)
}
