package baseline

import (
	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
)

// request is the smallest UpdateCanary that sets visual references.
func request(recorded workflows.Settings, references []workflows.VisualReference) *synthetics.UpdateCanaryInput {
	in := &synthetics.UpdateCanaryInput{Name: awssdk.String(recorded.Name)}
	canaries.SetReferences(in, recorded, references)
	return in
}
