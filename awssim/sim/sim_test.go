package sim

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/awssim/fleet"
	"rekey/awssim/verdict"
)

var ctx = context.Background()

// started is a simulation with an endpoint, whose clock the tests advance.
func started(t *testing.T, f *fleet.Fleet) (*Sim, string) {
	t.Helper()
	s, err := New(Config{Fleet: f, TimeScale: 1, Observe: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		s.Close()
	})
	return s, server.URL
}

// member is a client's configuration as the member role of an account.
func member(t *testing.T, endpoint, account, region string) aws.Config {
	t.Helper()
	hub := aws.Config{
		Region: region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(fleet.HubAccessKey, fleet.HubSecret, ""),
	}
	out, err := sts.NewFromConfig(hub).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String("arn:aws:iam::" + account + ":role/" + fleet.MemberRole),
		RoleSessionName: aws.String("test"), ExternalId: aws.String(fleet.ExternalID),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	return aws.Config{
		Region: region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken),
	}
}

// later lets simulated time pass, with all that happens in it.
func (s *Sim) later(d time.Duration) { s.World.Clock.Advance(d) }

func toKey(arn string) *types.ArtifactConfigInput {
	return &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: &arn}}
}

func TestAMigrationByHand(t *testing.T) {
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Schedule: "rate(1 minute)"})
	s, endpoint := started(t, f)
	target := f.TargetKeys()[0]
	config := member(t, endpoint, target.Account, target.Region)
	client, name := synthetics.NewFromConfig(config), aws.String("canary-00001")

	before, err := client.GetCanary(ctx, &synthetics.GetCanaryInput{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	if before.Canary.Status.State != types.CanaryStateRunning {
		t.Fatalf("state %s", before.Canary.Status.State)
	}
	_, err = kms.NewFromConfig(config).CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId: &target.ARN, GranteePrincipal: before.Canary.ExecutionRoleArn, Name: aws.String("rekey"),
		Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationGenerateDataKey, kmstypes.GrantOperationDecrypt},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.later(time.Minute) // the grant propagates
	if _, err := client.UpdateCanary(ctx, &synthetics.UpdateCanaryInput{Name: name, ArtifactConfig: toKey(target.ARN)}); err != nil {
		t.Fatal(err)
	}
	s.later(20 * time.Second)
	runs, err := client.GetCanaryRuns(ctx, &synthetics.GetCanaryRunsInput{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	bucket, prefix, _ := strings.Cut(*runs.CanaryRuns[0].ArtifactS3Location, "/")
	objects := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	list, err := objects.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String(prefix + "/")})
	if err != nil || len(list.Contents) != 3 {
		t.Fatalf("artifacts %+v, %v", list, err)
	}
	head, err := objects.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: list.Contents[0].Key})
	if err != nil || aws.ToString(head.SSEKMSKeyId) != target.ARN {
		t.Errorf("the artifact lies under %s, %v", aws.ToString(head.SSEKMSKeyId), err)
	}
	s.later(5 * time.Minute)
	if v := s.Verdict(); v.Lost+v.Failed+v.Caused > 0 || v.Runs < 6 || v.Outcomes[0].Wrote != target.ARN || v.Outcomes[0].Edits != 1 {
		t.Errorf("verdict %+v", v)
	}
}

func TestAMigrationWithoutAGrantIsBlamed(t *testing.T) {
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Schedule: "rate(1 minute)", Canaries: 2, SharedRoleEvery: 2})
	f.Canaries[1].SiteDown = true
	s, endpoint := started(t, f)
	target := f.TargetKeys()[0]
	client := synthetics.NewFromConfig(member(t, endpoint, target.Account, target.Region))
	_, err := client.UpdateCanary(ctx, &synthetics.UpdateCanaryInput{Name: aws.String("canary-00001"), ArtifactConfig: toKey(target.ARN)})
	if err != nil {
		t.Fatal(err)
	}
	s.later(3 * time.Minute)
	v := s.Verdict()
	if v.Caused == 0 || v.Lost > 0 {
		t.Errorf("verdict %+v", v)
	}
	for _, o := range v.Outcomes {
		for _, x := range o.Failures {
			if x.Caused != strings.HasSuffix(o.ARN, "canary-00001") {
				t.Errorf("%s: %+v", o.ARN, x)
			}
		}
	}
}

func TestTheSampleRuns(t *testing.T) {
	f, err := fleet.Load("../fleet/testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, endpoint := started(t, f)
	s.later(15 * time.Minute)
	var v verdict.Verdict
	get(t, endpoint+"/_awssim/verdict?all=true", &v)
	if v.Canaries != 16 || v.Lost > 0 || v.Caused > 0 || v.Runs < 40 {
		t.Errorf("canaries %d, runs %d, lost %d, caused %d", v.Canaries, v.Runs, v.Lost, v.Caused)
	}
	failing := map[string]bool{}
	for _, o := range v.Outcomes {
		name := o.ARN[strings.LastIndex(o.ARN, ":")+1:]
		failing[name] = failing[name] || len(o.Failures) > 0
		for _, x := range o.Failures {
			if x.Why != "site" {
				t.Errorf("%s: %+v", name, x)
			}
		}
	}
	for name, bad := range failing {
		if want := name == "down" || name == "flaky"; bad != want {
			t.Errorf("%s fails: %v", name, bad)
		}
	}
	var targets []struct{ Account, Region, Key string }
	get(t, endpoint+"/_awssim/targets", &targets)
	if len(targets) != 3 {
		t.Errorf("targets %v", targets)
	}
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	r := ask(t, http.MethodGet, url, "")
	defer func() { _ = r.Body.Close() }()
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %s: %v", url, r.Status, err)
	}
}

func ask(t *testing.T, method, url, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestCanariesAreAdjustedWhileTheyRun(t *testing.T) {
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Schedule: "rate(1 minute)"})
	s, endpoint := started(t, f)
	arn := s.Verdict().Outcomes[0].ARN
	post := func(body string) int {
		r := ask(t, http.MethodPost, endpoint+"/_awssim/canaries", body)
		_ = r.Body.Close()
		return r.StatusCode
	}
	if got := post(`{"arn":"` + arn + `","site_down":true}`); got != http.StatusNoContent {
		t.Fatalf("status %d", got)
	}
	s.later(3 * time.Minute)
	if v := s.Verdict(); v.Failed == 0 || v.Caused > 0 {
		t.Errorf("verdict %+v", v)
	}
	if post(`{"arn":"none","site_down":true}`) != http.StatusNotFound || post(`{"typo":1}`) != http.StatusBadRequest {
		t.Error("a wrong adjustment was taken")
	}
}
