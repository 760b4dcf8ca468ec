package aws

import (
	"context"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"rekey/workflows/gate"
)

// changes says of every operation that rekey calls in member accounts whether it changes something there: the access
// levels "Write" and "Permissions management" of the Service Authorization Reference, as against "List" and "Read".
var changes = map[string]bool{
	// AWS Account Management
	"ListRegions": false,
	// AWS Identity and Access Management
	"DeleteRolePolicy":               true,
	"GetAccountAuthorizationDetails": false,
	"GetRolePolicy":                  false,
	"ListRolePolicies":               false,
	"PutRolePolicy":                  true,
	// AWS Key Management Service
	"CreateGrant":  true,
	"DescribeKey":  false,
	"GetKeyPolicy": false,
	"ListGrants":   false,
	"PutKeyPolicy": true,
	"RevokeGrant":  true,
	// Amazon S3
	"GetBucketLocation": false,
	"GetBucketPolicy":   false,
	"HeadObject":        false,
	"ListObjectsV2":     false,
	// Amazon CloudWatch Synthetics
	"DescribeCanaries":        false,
	"DescribeCanariesLastRun": false,
	"DescribeRuntimeVersions": false,
	"GetCanary":               false,
	"GetCanaryRuns":           false,
	"StartCanary":             true,
	"StartCanaryDryRun":       true, // it makes a run, with the new settings
	"StopCanary":              true,
	"UpdateCanary":            true,
}

// IsChange reports whether an operation changes something, and whether it is known. One that is not is taken to.
func IsChange(operation string) (change, known bool) {
	change, known = changes[operation]
	return change || !known, known
}

// askGate adds a step to a client's calls that asks the context's gate before each attempt of a call that changes
// something. It is the last before the request is sent: the SDK may wait long before an attempt, for its turn or for a new
// session, and a pause may come meanwhile.
func askGate(stack *middleware.Stack) error {
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("RekeyAskGate", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if change, _ := IsChange(awsmiddleware.GetOperationName(ctx)); change {
			if err := gate.Ask(ctx); err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
		}
		return next.HandleFinalize(ctx, in)
	}), middleware.After)
}
