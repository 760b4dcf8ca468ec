package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
)

// expectPutBack compares the simulated world before the fact with the one after it: what a fact leaves behind here, it
// would leave behind in somebody's account.
func (x *trial) expectPutBack() {
	if !x.fact.mutates || x.fact.lasting {
		return
	}
	before := x.inventory()
	x.Cleanup(func() {
		for what, now := range x.inventory() {
			if was := before[what]; now != was {
				x.Errorf("%s was\n%s\nand is left as\n%s", what, was, now)
			}
		}
	})
}

// inventory is everything that facts may change, as text.
func (x *trial) inventory() map[string]string {
	found := map[string]string{}
	asked := x.fact.needs
	x.fact.needs = slices.Collect(maps.Keys(x.subjects))
	defer func() { x.fact.needs = asked }()
	x.listCanaries(found)
	for _, s := range []subject{key, otherKey, forbiddenKey, disabledKey, foreignKey} {
		found["the grants of "+string(s)] = x.listGrants(s)
		if s != foreignKey {
			found["the policy of "+string(s)] = x.keyPolicy(s)
		}
	}
	policies, err := x.iam.ListRolePolicies(x.ctx, &awsiam.ListRolePoliciesInput{RoleName: nameOf(x.id(role))})
	x.must(err)
	found["the role's policies"] = strings.Join(policies.PolicyNames, ",")
	for _, s := range []subject{bucket, bucketKeyed, defaultBucket, onlyKMSBucket, oneKeyBucket} {
		objects, err := x.s3.ListObjectsV2(x.ctx, &awss3.ListObjectsV2Input{Bucket: x.named(s), Prefix: aws.String(objectPrefix)})
		x.must(err)
		found["the objects in "+string(s)] = fmt.Sprint(len(objects.Contents))
	}
	return found
}

func (x *trial) listCanaries(into map[string]string) {
	pages := awssynthetics.NewDescribeCanariesPaginator(x.synthetics, &awssynthetics.DescribeCanariesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(x.ctx)
		x.must(err)
		for i := range page.Canaries {
			c := &page.Canaries[i]
			into["canary "+*c.Name] = text(
				c.Status.State, c.ArtifactConfig, c.ArtifactS3Location, c.Schedule, c.ExecutionRoleArn, c.RuntimeVersion,
				screenshots(c.VisualReferences), c.KmsKeyArn,
			)
		}
	}
}

func (x *trial) listGrants(s subject) string {
	var grants []string
	pages := awskms.NewListGrantsPaginator(x.kms, &awskms.ListGrantsInput{KeyId: x.named(s)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(x.ctx)
		x.must(err)
		for _, g := range page.Grants {
			grants = append(grants, text(g.Name, g.GranteePrincipal, g.Operations))
		}
	}
	slices.Sort(grants)
	return strings.Join(grants, "\n")
}

// text is a value as JSON, pointers followed.
func text(values ...any) string {
	b, err := json.Marshal(values)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
