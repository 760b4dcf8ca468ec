package conformance

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaccount "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
)

// notRecognized is how services refuse credentials of an account that has not enabled their Region.
const notRecognized = "UnrecognizedClientException"

func account() []fact {
	needs := []subject{disabledRegion}
	return []fact{
		{
			name: "RegionsPageByFifty", status: confirmed, source: "API model, MaxResults",
			check: func(x *trial) {
				_, err := x.account.ListRegions(x.ctx, &awsaccount.ListRegionsInput{MaxResults: aws.Int32(51)})
				x.refused(err, "ValidationException")
			},
		},
		{
			name: "RegionsAreListedByTheirStatus", status: confirmed, needs: needs, source: "API_ListRegions, RegionOptStatusContains",
			check: func(x *trial) {
				enabled := x.regions(types.RegionOptStatusEnabled, types.RegionOptStatusEnabledByDefault)
				if slices.Contains(enabled, x.id(disabledRegion)) || !slices.Contains(enabled, "us-east-1") {
					x.Errorf("enabled are %v", enabled)
				}
				if disabled := x.regions(types.RegionOptStatusDisabled); !slices.Contains(disabled, x.id(disabledRegion)) {
					x.Errorf("disabled are %v", disabled)
				}
			},
		},
		{
			name: "DisabledRegionDoesNotRecognizeTheAccount", status: confirmed, needs: needs,
			source: "seen in practice: github.com/epsagon/clear-lambda-storage issue 9 (Lambda), Versent/saml2aws issue 928 (STS)",
			check: func(x *trial) {
				there := x.in(x.id(disabledRegion))
				_, err := there.sts.GetCallerIdentity(x.ctx, &awssts.GetCallerIdentityInput{})
				x.refused(err, "InvalidClientTokenId")
				_, err = there.kms.ListAliases(x.ctx, &awskms.ListAliasesInput{})
				x.refused(err, notRecognized)
			},
		},
		{
			name: "DisabledRegionHasNoCanariesToDescribe", status: inferred, needs: needs,
			source: "DisabledRegionDoesNotRecognizeTheAccount, for Synthetics",
			check: func(x *trial) {
				_, err := x.in(x.id(disabledRegion)).synthetics.DescribeCanaries(x.ctx, &awssynthetics.DescribeCanariesInput{})
				x.refused(err, notRecognized)
			},
		},
		{
			name: "DisabledRegionRefusesSessionsOfS3", status: confirmed, needs: append(needs, role), source: "seen in practice: aws/aws-cli issue 8413",
			check: func(x *trial) {
				session := x.as(role, x.caller)
				session.config.Region = x.id(disabledRegion)
				_, err := x.calling(session.config).s3.ListObjectsV2(x.ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("rekey-conformance-of-nobody")})
				x.refused(err, "InvalidToken")
			},
		},
	}
}

// in is the caller in another Region.
func (x *trial) in(region string) *caller {
	c := x.config.Copy()
	c.Region = region
	return x.calling(c)
}

func (x *trial) regions(statuses ...types.RegionOptStatus) []string {
	x.Helper()
	var names []string
	pages := awsaccount.NewListRegionsPaginator(x.account, &awsaccount.ListRegionsInput{RegionOptStatusContains: statuses})
	for pages.HasMorePages() {
		page, err := pages.NextPage(x.ctx)
		x.must(err)
		for _, r := range page.Regions {
			names = append(names, *r.RegionName)
		}
	}
	return names
}
