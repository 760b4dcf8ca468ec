package baseline

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows/aws/canaries"
)

// Synthetics is what setting a baseline asks of CloudWatch Synthetics.
type Synthetics interface {
	canaries.Getter
	UpdateCanary(context.Context, *synthetics.UpdateCanaryInput, ...func(*synthetics.Options)) (*synthetics.UpdateCanaryOutput, error)
}
