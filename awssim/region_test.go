package awssim_test

import (
	"testing"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"rekey/awssim"
	"rekey/awssim/account"
)

// TestDisabledRegionsKnowNobody calls services in an opt-in Region: only the caller's account decides whether it is known
// there, and each protocol has its own code for that.
func TestDisabledRegionsKnowNobody(t *testing.T) {
	const optIn = "eu-south-1"
	for name, tt := range map[string]struct {
		region  string
		prepare func(*testWorld)
		refused bool
	}{
		"enabled by default":         {"eu-west-2", func(*testWorld) {}, false},
		"never enabled":              {optIn, func(*testWorld) {}, true},
		"enabled":                    {optIn, func(w *testWorld) { w.Account.Enable(home, optIn) }, false},
		"enabled by another account": {optIn, func(w *testWorld) { w.Account.Enable(foreign, optIn) }, true},
		"being enabled":              {optIn, func(w *testWorld) { w.Account.SetRegion(home, optIn, account.Enabling) }, true},
		"being disabled":             {optIn, func(w *testWorld) { w.Account.SetRegion(home, optIn, account.Disabling) }, true},
		"not one of AWS's":           {"mars-north-1", func(*testWorld) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, awssim.Settings{})
			tt.prepare(w)
			c := w.config(homeRoot)
			c.Region = tt.region
			want := func(code string) string {
				if !tt.refused {
					return ""
				}
				return code
			}
			_, err := awskms.NewFromConfig(c).ListAliases(t.Context(), &awskms.ListAliasesInput{})
			wantCode(t, err, want("UnrecognizedClientException"))
			_, err = awssts.NewFromConfig(c).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
			wantCode(t, err, want("InvalidClientTokenId"))
			_, err = awsiam.NewFromConfig(c).GetAccountAuthorizationDetails(t.Context(), &awsiam.GetAccountAuthorizationDetailsInput{})
			wantCode(t, err, "") // one endpoint for all Regions, whichever the client is in
			bucket := "artifacts"
			_, err = awss3.NewFromConfig(c, func(o *awss3.Options) { o.UsePathStyle = true }).ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: &bucket})
			if got := code(err); (got == "InvalidToken") != tt.refused {
				t.Errorf("S3 answers %q", got)
			}
		})
	}
}
