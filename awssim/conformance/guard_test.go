package conformance

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go/middleware"
)

// readings are the operations that change nothing, whatever they are asked.
var readings = map[string]bool{
	"GetCanary": true, "GetCanaryRuns": true, "DescribeCanaries": true, "DescribeCanariesLastRun": true,
	"DescribeRuntimeVersions": true,
	"ListGrants":              true, "ListAliases": true, "GetKeyPolicy": true, "GenerateDataKey": true, "Decrypt": true,
	"HeadObject": true, "GetObject": true, "ListObjectsV2": true, "GetBucketEncryption": true,
	"GetRole": true, "GetRolePolicy": true, "ListRolePolicies": true,
	"AssumeRole": true, "GetCallerIdentity": true,
	"ListAccounts": true, "ListAccountsForParent": true, "ListOrganizationalUnitsForParent": true, "ListParents": true, "ListRoots": true,
	"ListRegions": true,
}

// guard is a client's option that lets only requests through that change nothing. It stands between AWS and every fact
// that doesn't say that it mutates, so that a fact that says so wrongly fails instead of changing an account.
func guard(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ReadOnly", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if !changesNothing(in.Parameters) {
			var none middleware.InitializeOutput
			return none, middleware.Metadata{}, fmt.Errorf("%T would change something, and isn't sent", in.Parameters)
		}
		return next.HandleInitialize(ctx, in)
	}), middleware.Before)
}

func changesNothing(request any) bool {
	switch in := request.(type) {
	case *awskms.CreateGrantInput:
		return aws.ToBool(in.DryRun)
	case *awskms.RevokeGrantInput:
		return aws.ToBool(in.DryRun)
	case *awskms.DescribeKeyInput:
		// Describing the alias of an AWS managed key creates the key where there is none yet (API_DescribeKey).
		return !strings.Contains(aws.ToString(in.KeyId), "alias/aws/")
	}
	name := reflect.TypeOf(request).Elem().Name()
	return readings[strings.TrimSuffix(name, "Input")]
}
