package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"rekey/awssim/fleet"
	"rekey/awssim/model"
	"rekey/awssim/model/modeltest"
)

// door is how a service is asked, and how it refuses what its model doesn't allow.
type door struct {
	code  string
	write func(operation string, in map[string]any) *http.Request
	// silent is a service that doesn't name the member.
	silent bool
}

var doors = map[string]door{
	"account":       {code: "ValidationException", write: posted("/listRegions")},
	"iam":           {code: "ValidationError", write: form("2010-05-08")},
	"kms":           {code: "ValidationException", write: targeted("TrentService")},
	"organizations": {code: "InvalidInputException", write: targeted("AWSOrganizationsV20161128"), silent: true},
	"sts":           {code: "ValidationError", write: form("2011-06-15")},
	"synthetics":    {code: "ValidationException", write: routed},
}

// unspeakable is what can't be sent without a value: a path without a name is another path, and a form has no
// empty lists.
var unspeakable = map[string]bool{"synthetics name": true, "sts providedContexts": true}

// TestWhatTheModelForbidsIsRefusedAtTheDoor sends an input for each constraint of the model, without any client
// that could stop it.
func TestWhatTheModelForbidsIsRefusedAtTheDoor(t *testing.T) {
	_, endpoint := started(t, fleet.Generate(fleet.GeneratorConfig{Seed: 1}))
	for service := range model.Load().Services {
		t.Run(service, func(t *testing.T) {
			d, ok := doors[service]
			if !ok {
				t.Fatal("nobody knows how to ask it")
			}
			for _, c := range modeltest.Cases(service) {
				if unspeakable[service+" "+c.At] && (c.Kind == model.Missing || c.Kind == model.TooLittle) {
					continue
				}
				status, text := knock(t, endpoint, service, d.write(c.Operation, c.Input))
				if status != http.StatusBadRequest || !strings.Contains(text, d.code) || !d.silent && !strings.Contains(text, "at '"+c.At+"'") {
					t.Errorf("%s: %d %.300s", c, status, text)
				}
			}
		})
	}
}

// TestOrganizationsSaysWhy looks at the reasons of its InvalidInputException.
func TestOrganizationsSaysWhy(t *testing.T) {
	_, endpoint := started(t, fleet.Generate(fleet.GeneratorConfig{Seed: 1}))
	tests := map[string]struct{ operation, body, reason string }{
		"missing":         {"DescribeAccount", `{}`, "INPUT_REQUIRED"},
		"another pattern": {"DescribeAccount", `{"AccountId": "root"}`, "INVALID_PATTERN"},
		"too long":        {"DescribeAccount", `{"AccountId": "1111111111111"}`, "MAX_LENGTH_EXCEEDED"},
		"too large":       {"ListAccounts", `{"MaxResults": 21}`, "MAX_VALUE_EXCEEDED"},
		"too small":       {"ListAccounts", `{"MaxResults": 0}`, "MIN_VALUE_EXCEEDED"},
		"another's token": {"ListAccounts", `{"NextToken": "?"}`, "INVALID_NEXT_TOKEN"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var in map[string]any
			if err := json.Unmarshal([]byte(tt.body), &in); err != nil {
				t.Fatal(err)
			}
			_, text := knock(t, endpoint, "organizations", doors["organizations"].write(tt.operation, in))
			if !strings.Contains(text, `"Reason":"`+tt.reason+`"`) {
				t.Error(text)
			}
		})
	}
}

// knock signs a request, sends it and answers with the status, and the body with the header that names an error.
func knock(t *testing.T, endpoint, service string, r *http.Request) (int, string) {
	t.Helper()
	base, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	r = r.WithContext(t.Context())
	r.URL.Scheme, r.URL.Host = base.Scheme, base.Host
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(body)
	hub := aws.Credentials{AccessKeyID: fleet.HubAccessKey, SecretAccessKey: fleet.HubSecret}
	if err := signer.NewSigner().SignHTTP(t.Context(), hub, r, hex.EncodeToString(sum[:]), service, "eu-west-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	unescaped := strings.ReplaceAll(string(text), "&#39;", "'") // in XML
	return answer.StatusCode, answer.Header.Get("X-Amzn-Errortype") + " " + unescaped
}

func request(method, path string, in map[string]any) *http.Request {
	body, err := json.Marshal(in)
	if err != nil {
		panic(err) // the cases hold what JSON can
	}
	r, err := http.NewRequest(method, "http://awssim"+path, bytes.NewReader(body)) //nolint:noctx // gets the test's later
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

func posted(path string) func(string, map[string]any) *http.Request {
	return func(_ string, in map[string]any) *http.Request { return request(http.MethodPost, path, in) }
}

func targeted(prefix string) func(string, map[string]any) *http.Request {
	return func(operation string, in map[string]any) *http.Request {
		r := request(http.MethodPost, "/", in)
		r.Header.Set("X-Amz-Target", prefix+"."+operation)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		return r
	}
}

func form(version string) func(string, map[string]any) *http.Request {
	return func(operation string, in map[string]any) *http.Request {
		values := url.Values{"Action": {operation}, "Version": {version}}
		flatten(values, "", in)
		r := request(http.MethodPost, "/", nil)
		r.Body = io.NopCloser(strings.NewReader(values.Encode()))
		r.ContentLength = int64(len(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
}

func flatten(into url.Values, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for member, below := range v {
			flatten(into, model.Member(name, member), below)
		}
		if len(v) == 0 && name != "" { // a structure without members: name one that doesn't count
			into.Set(name+".None", "")
		}
	case []any:
		for i, e := range v {
			flatten(into, name+".member."+strconv.Itoa(i+1), e)
		}
	default:
		into.Set(name, fmt.Sprint(v))
	}
}

// routed are the paths of Synthetics.
func routed(operation string, in map[string]any) *http.Request {
	canary := "checkout"
	if name, ok := in["Name"].(string); ok {
		canary = url.PathEscape(name)
	}
	path := map[string]string{
		"DescribeCanaries": "POST /canaries", "DescribeCanariesLastRun": "POST /canaries/last-run",
		"DescribeRuntimeVersions": "POST /runtime-versions", "GetCanary": "GET /canary/*", "UpdateCanary": "PATCH /canary/*",
		"GetCanaryRuns": "POST /canary/*/runs", "StartCanary": "POST /canary/*/start", "StopCanary": "POST /canary/*/stop",
		"StartCanaryDryRun": "POST /canary/*/dry-run/start",
	}[operation]
	method, path, _ := strings.Cut(strings.ReplaceAll(path, "*", canary), " ")
	r := request(method, path, in)
	if id, ok := in["DryRunId"].(string); ok {
		r.URL.RawQuery = url.Values{"dryRunId": {id}}.Encode()
	}
	return r
}
