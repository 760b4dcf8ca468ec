package aws_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/smithy-go/logging"

	"rekey/workflows"
	"rekey/workflows/aws"
)

// door is an AWS that lets everybody in and answers every other call with a status and body.
type door struct {
	status int
	body   string
	// held, where it is set, gets each call before it is answered, which is when it is received a second time.
	held chan struct{}

	mu      sync.Mutex
	entered []url.Values // AssumeRole's parameters
	calls   int
	agents  []string
	signed  []string // their Authorization headers
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.ParseForm() == nil && r.Form.Get("Action") == "AssumeRole" {
		d.entered = append(d.entered, r.Form)
		_, _ = fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA%d</AccessKeyId>
			<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>%s</Expiration>
			</Credentials></AssumeRoleResult></AssumeRoleResponse>`, len(d.entered), time.Now().Add(time.Hour).Format(time.RFC3339))
		return
	}
	if d.held != nil {
		d.held <- struct{}{}
		d.held <- struct{}{}
	}
	d.calls++
	d.agents = append(d.agents, r.UserAgent())
	d.signed = append(d.signed, r.Header.Get("Authorization"))
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(d.status)
	_, _ = fmt.Fprint(w, d.body)
}

func enter(t *testing.T, d *door, c aws.Config) *aws.Access {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	c.EndpointURL = server.URL
	c.Base = &awssdk.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", "")}
	access, err := aws.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

func describe(t *testing.T, a *aws.Access, cell workflows.Cell) {
	t.Helper()
	api := synthetics.NewFromConfig(a.Config(cell, "synthetics"))
	if _, err := api.DescribeCanaries(t.Context(), &synthetics.DescribeCanariesInput{}); err != nil {
		t.Fatal(err)
	}
}

func TestAccountsAreEnteredOnce(t *testing.T) {
	d := &door{status: http.StatusOK, body: `{"Canaries": []}`}
	access := enter(t, d, aws.Config{ExternalID: "id", SessionName: "rekey-test"})
	for _, account := range []string{"111111111111", "222222222222"} {
		for _, region := range []string{"eu-west-1", "us-east-1", "eu-west-1"} {
			describe(t, access, workflows.Cell{Account: account, Region: region})
		}
	}
	if len(d.entered) != 2 || d.calls != 6 {
		t.Fatalf("%d sessions for %d calls, want one an account", len(d.entered), d.calls)
	}
	for name, want := range map[string]string{
		"RoleArn": "arn:aws:iam::111111111111:role/rekey-member", "ExternalId": "id", "RoleSessionName": "rekey-test",
		"DurationSeconds": "3600", // more is an error for a worker that runs under a role itself
	} {
		if got := d.entered[0].Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(d.agents[0], " app/rekey ") {
		t.Errorf("CloudTrail would not show rekey in %q", d.agents[0])
	}
}

func TestSessionsAreSharedByConcurrentCalls(t *testing.T) {
	d := &door{status: http.StatusOK, body: `{"Canaries": []}`}
	access := enter(t, d, aws.Config{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			api := synthetics.NewFromConfig(access.Config(workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, "synthetics"))
			if _, err := api.DescribeCanaries(t.Context(), &synthetics.DescribeCanariesInput{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(d.entered) != 1 {
		t.Errorf("%d sessions for one account", len(d.entered))
	}
}

// TestHubIsAskedWithoutEnteringAnAccount looks at whose credentials a call of the hub's is signed with, and for which Region.
func TestHubIsAskedWithoutEnteringAnAccount(t *testing.T) {
	d := &door{status: http.StatusOK, body: `{"Roots": []}`}
	access := enter(t, d, aws.Config{})
	api := organizations.NewFromConfig(access.Hub("organizations"))
	if _, err := api.ListRoots(t.Context(), &organizations.ListRootsInput{}); err != nil {
		t.Fatal(err)
	}
	if len(d.entered) != 0 || d.calls != 1 {
		t.Errorf("%d sessions for %d calls", len(d.entered), d.calls)
	}
	if scope := d.signed[0]; !strings.Contains(scope, "Credential=AKIA/") || !strings.Contains(scope, "/us-east-1/organizations/") {
		t.Errorf("signed as %q", scope)
	}
	if home := access.Home("111111111111"); home.Region != "us-east-1" {
		t.Errorf("global services are asked in %s", home.Region)
	}
}

func TestHubIsPatient(t *testing.T) {
	d := &door{status: http.StatusOK}
	access := enter(t, d, aws.Config{})
	patient, usual := access.Hub("organizations").Retryer(), access.Config(workflows.Cell{Region: "eu-west-1"}, "kms").Retryer()
	if patient.MaxAttempts() <= usual.MaxAttempts() {
		t.Errorf("%d attempts, beside %d of an account's service", patient.MaxAttempts(), usual.MaxAttempts())
	}
}

func TestUsedUpQuotaIsNotRetried(t *testing.T) {
	d := &door{status: http.StatusBadRequest, body: `{"__type": "LimitExceededException", "message": "too many grants"}`}
	access := enter(t, d, aws.Config{})
	api := kms.NewFromConfig(access.Config(workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, "kms"))
	_, err := api.CreateGrant(t.Context(), &kms.CreateGrantInput{
		KeyId: awssdk.String("key"), GranteePrincipal: awssdk.String("role"), Operations: []types.GrantOperation{"Decrypt"},
	})
	if err == nil || d.calls != 1 {
		t.Errorf("%d calls (%v), want one", d.calls, err)
	}
}

func TestEndedSessionIsRenewed(t *testing.T) {
	d := &door{status: http.StatusBadRequest, body: `{"__type": "ExpiredTokenException"}`}
	access := enter(t, d, aws.Config{})
	api := kms.NewFromConfig(access.Config(workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, "kms"))
	_, err := api.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: awssdk.String("key")})
	if err == nil || len(d.entered) != d.calls || d.calls < 2 {
		t.Errorf("%d sessions for %d calls (%v), want a new one for each attempt", len(d.entered), d.calls, err)
	}
}

func TestWhatTheSDKLogsIsLoggedAsTheRest(t *testing.T) {
	var logged bytes.Buffer
	access := enter(t, &door{}, aws.Config{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	sdk := access.Config(workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, "synthetics").Logger
	sdk.Logf(logging.Warn, "failed to discard %d bytes", 12)
	sdk.Logf(logging.Debug, "signed")
	if got := logged.String(); !strings.Contains(got, `level=WARN msg="AWS SDK: failed to discard 12 bytes"`) || strings.Contains(got, "signed") {
		t.Errorf("logged %q", got)
	}
}
