package compare

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
	"rekey/workflows/aws"
)

// TestCompareLooksBehindARunThatGoesOn has AWS tell a run that goes on as a canary's last, which the simulated one does not:
// the run before it counts.
func TestCompareLooksBehindARunThatGoesOn(t *testing.T) {
	const running = `{"Status": {"State": "RUNNING"}, "Timeline": {"Started": 1772366400}}`
	const failed = `{"Status": {"State": "FAILED"}, "Timeline": {"Started": 1772366100, "Completed": 1772366160}}`
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/canaries/last-run":
			_, _ = fmt.Fprintf(w, `{"CanariesLastRun": [{"CanaryName": "checkout", "LastRun": %s}, {"CanaryName": "login", "LastRun": %s}]}`, running, failed)
		case strings.HasSuffix(r.URL.Path, "/runs"):
			asked = append(asked, r.URL.Path)
			_, _ = fmt.Fprintf(w, `{"CanaryRuns": [%s, %s]}`, running, failed)
		default: // AssumeRole
			_, _ = fmt.Fprint(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>
				<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
				<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
		}
	}))
	defer server.Close()
	access, err := aws.New(t.Context(), aws.Config{
		EndpointURL: server.URL,
		Base:        &awssdk.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", "")},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := New(access).Compare(t.Context(), workflows.CompareInput{
		Cell:     workflows.Cell{Account: "111111111111", Region: "eu-west-1"},
		Migrated: []workflows.Watched{{Name: "checkout"}}, Control: []workflows.Watched{{Name: "login"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	one := workflows.RunShare{Canaries: 1, Failed: 1}
	want := workflows.Comparison{Migrated: one, Control: one, Failing: []string{"checkout", "login"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("comparison (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/canary/checkout/runs"}, asked); diff != "" {
		t.Errorf("canaries that are asked for their runs (-want +got):\n%s", diff)
	}
}
