package compare

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows/aws/canaries"
)

// Synthetics is what a comparison asks of CloudWatch Synthetics.
type Synthetics interface {
	canaries.LastRunLister
	GetCanaryRuns(context.Context, *synthetics.GetCanaryRunsInput, ...func(*synthetics.Options)) (*synthetics.GetCanaryRunsOutput, error)
}
