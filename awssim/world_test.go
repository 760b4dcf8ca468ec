package awssim_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsaccount "github.com/aws/aws-sdk-go-v2/service/account"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awsorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"rekey/awssim"
	"rekey/awssim/clock"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/kms"
	"rekey/awssim/s3"
)

// Two accounts: the canaries' and the one that owns a foreign key.
const (
	home    = "111111111111"
	foreign = "222222222222"
	region  = "eu-west-1"
)

var (
	rootARN = identity.Root(home).ARN
	canary  = "arn:aws:iam::" + home + ":role/service/canary"
	keyK    = "arn:aws:kms:eu-west-1:" + home + ":key/11111111-0000-0000-0000-000000000001"
	keyL    = "arn:aws:kms:eu-west-1:" + home + ":key/11111111-0000-0000-0000-000000000002"
	keyX    = "arn:aws:kms:eu-west-1:" + foreign + ":key/22222222-0000-0000-0000-000000000001"
	keyFar  = "arn:aws:kms:us-east-1:" + home + ":key/11111111-0000-0000-0000-000000000003"
)

// start is the simulated beginning of every test's world.
var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// testWorld is a world behind HTTP with one canary role, a bucket and a few keys.
type testWorld struct {
	*awssim.World
	t   *testing.T
	url string
}

// newWorld starts a world in which time hardly passes, so that delays are either none or without end.
func newWorld(t *testing.T, s awssim.Settings) *testWorld {
	t.Helper()
	c := clock.New(start, 0.001)
	t.Cleanup(c.Close)
	w := &testWorld{World: awssim.NewWorld(c, s), t: t}
	w.must(w.IAM.AddUser(iam.User{ARN: rootARN, AccessKeyID: "AKIAHOME", Secret: "home-secret"}))
	w.must(w.IAM.AddUser(iam.User{ARN: identity.Root(foreign).ARN, AccessKeyID: "AKIAFOREIGN", Secret: "foreign-secret"}))
	w.must(w.IAM.AddRole(iam.Role{
		ARN:    canary,
		Trust:  `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`,
		Inline: map[string]string{"artifacts": allow("s3:*", "arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*")},
	}))
	w.must(w.KMS.AddKey(kms.Key{ARN: keyK, Aliases: []string{"alias/old"}}))
	w.must(w.KMS.AddKey(kms.Key{ARN: keyL, Aliases: []string{"alias/new"}}))
	w.must(w.KMS.AddKey(kms.Key{ARN: keyX, Policy: delegate(foreign, home)}))
	w.must(w.KMS.AddKey(kms.Key{ARN: keyFar}))
	w.must(w.S3.AddBucket(s3.Bucket{Name: "artifacts", Account: home, Region: region}))
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *testWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// allow is an identity policy with one statement.
func allow(action string, resources ...string) string {
	doc := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":[`
	for i, r := range resources {
		if i > 0 {
			doc += ","
		}
		doc += `"` + r + `"`
	}
	return doc + `]}]}`
}

// delegate is a key policy that leaves everything to the policies of accounts.
func delegate(accounts ...string) string {
	doc := `{"Version":"2012-10-17","Statement":[`
	for i, a := range accounts {
		if i > 0 {
			doc += ","
		}
		doc += `{"Effect":"Allow","Principal":{"AWS":"` + identity.Root(a).ARN + `"},"Action":"kms:*","Resource":"*"}`
	}
	return doc + `]}`
}

// static are a user's or a session's credentials.
func static(id, secret, token string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(id, secret, token)
}

var (
	homeRoot    = static("AKIAHOME", "home-secret", "")
	foreignRoot = static("AKIAFOREIGN", "foreign-secret", "")
)

// as are the credentials of a session of a role, given without AssumeRole.
func (w *testWorld) as(roleARN string) aws.CredentialsProvider {
	s := w.STS.Start(identity.Role(roleARN, "test"), time.Hour)
	return static(s.AccessKeyID, s.Secret, s.Token)
}

func (w *testWorld) config(c aws.CredentialsProvider) aws.Config {
	return aws.Config{
		Region: region, Credentials: c, BaseEndpoint: aws.String(w.url),
		Retryer: func() aws.Retryer { return retry.NewStandard(onlyConnections) },
	}
}

// onlyConnections has a call be made again whose connection broke, and what AWS answers be told as it is. Go's HTTP client takes a request
// whose body is closed while its answer comes for one that could not be sent, and breaks the connection.
func onlyConnections(o *retry.StandardOptions) {
	o.MaxBackoff = 10 * time.Millisecond
	o.Retryables = []retry.IsErrorRetryable{retry.RetryableConnectionError{}}
}

func (w *testWorld) kms(c aws.CredentialsProvider) *awskms.Client {
	return awskms.NewFromConfig(w.config(c))
}

func (w *testWorld) iam(c aws.CredentialsProvider) *awsiam.Client {
	return awsiam.NewFromConfig(w.config(c))
}

func (w *testWorld) sts(c aws.CredentialsProvider) *awssts.Client {
	return awssts.NewFromConfig(w.config(c))
}

func (w *testWorld) s3(c aws.CredentialsProvider) *awss3.Client {
	return awss3.NewFromConfig(w.config(c), func(o *awss3.Options) { o.UsePathStyle = true })
}

func (w *testWorld) organizations(c aws.CredentialsProvider) *awsorganizations.Client {
	return awsorganizations.NewFromConfig(w.config(c))
}

func (w *testWorld) account(c aws.CredentialsProvider) *awsaccount.Client {
	return awsaccount.NewFromConfig(w.config(c))
}

// code is the error's code, "" for none, and the error's text for one that isn't AWS's.
func code(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.ErrorCode()
	}
	return err.Error()
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("error code = %q, want %q (%v)", got, want, err)
	}
}
