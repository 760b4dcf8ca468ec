package encryption

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows/aws/canaries"
)

// Synthetics is what changing a canary's encryption asks of CloudWatch Synthetics.
type Synthetics interface {
	canaries.Getter
	UpdateCanary(context.Context, *synthetics.UpdateCanaryInput, ...func(*synthetics.Options)) (*synthetics.UpdateCanaryOutput, error)
}

// KMS is what changing a canary's encryption asks of KMS, in the key's Region.
type KMS interface {
	DescribeKey(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error)
}
