package awssim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"rekey/awssim"
	"rekey/awssim/clock"
	"rekey/awssim/fault"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/s3"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
}

// get reads an admin path.
func (w *testWorld) get(path string, into any) reply {
	w.t.Helper()
	return w.send(http.MethodGet, path, "", into)
}

func (w *testWorld) send(method, path, body string, into any) reply {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	w.must(err)
	resp, err := http.DefaultClient.Do(r)
	w.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	w.must(err)
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			w.t.Fatalf("%s answered %s: %v", path, text, err)
		}
	}
	return reply{resp.StatusCode, resp.Header}
}

func TestAnswersAreDatedByTheSimulatedClock(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	for _, path := range []string{"/_awssim/health", "/", "/bucket/key"} {
		resp := w.get(path, nil)
		if got := resp.header.Get("Date"); got != start.Format(http.TimeFormat) {
			t.Errorf("%s is dated %s, want %s", path, got, start.Format(http.TimeFormat))
		}
	}
	if id := w.get("/", nil).header.Get("X-Amzn-Requestid"); len(id) != 36 {
		t.Errorf("request id %q", id)
	}
}

func TestUnsignedRequestsAreRefusedInTheirProtocol(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	tests := map[string]struct {
		method, path, header, value string
		want                        string
	}{
		"JSON":         {"POST", "/", "X-Amz-Target", "TrentService.DescribeKey", `{"__type":"MissingAuthenticationTokenException"`},
		"query":        {"POST", "/", "Content-Type", "application/x-www-form-urlencoded", "<Code>MissingAuthenticationToken</Code>"},
		"S3":           {"POST", "/", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "<Code>AccessDenied</Code>"},
		"S3, listing":  {"GET", "/artifacts?list-type=2", "Accept", "*/*", "<Code>AccessDenied</Code>"},
		"REST":         {"POST", "/", "Accept", "*/*", `{"message":"Missing Authentication Token"}`},
		"REST, a path": {"POST", "/listRegions", "Accept", "*/*", `{"message":"Missing Authentication Token"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, w.url+tt.path, nil)
			w.must(err)
			r.Header.Set(tt.header, tt.value)
			resp, err := http.DefaultClient.Do(r)
			w.must(err)
			defer resp.Body.Close()
			if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), tt.want) {
				t.Errorf("answer %s, want %s in it", body, tt.want)
			}
		})
	}
}

func TestAdminPaths(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	var now struct {
		Now   time.Time
		Scale float64
	}
	w.get("/_awssim/clock", &now)
	if now.Scale != 0.001 || now.Now.Sub(start) > time.Second {
		t.Errorf("%+v", now)
	}
	wantCode(t, describe(w, w.as(canary)), "AccessDeniedException")
	wantCode(t, describe(w, w.as(canary)), "AccessDeniedException")
	var page struct{ Entries []journal.Entry }
	w.get("/_awssim/journal?since=1&limit=5", &page)
	if len(page.Entries) != 1 || page.Entries[0].Seq != 2 || page.Entries[0].Kind != journal.Denial ||
		page.Entries[0].Action != "kms:DescribeKey" || page.Entries[0].Region != region || page.Entries[0].Principal != canary {
		t.Errorf("%+v", page.Entries)
	}
	if status := w.get("/_awssim/journal?since=x", nil).status; status != http.StatusBadRequest {
		t.Errorf("since=x: %d", status)
	}
	if status := w.send(http.MethodPost, "/_awssim/faults", `[{"thing":"kms"}]`, nil).status; status != http.StatusBadRequest {
		t.Errorf("a rule with a field too many: %d", status)
	}
	if status := w.get("/_awssim/none", nil).status; status != http.StatusNotFound {
		t.Errorf("no such path: %d", status)
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		rule string
		want string
		s3   string
		done bool // whether the call took effect
	}{
		"throttled":               {`{"throttle":1}`, "ThrottlingException", "SlowDown", false},
		"failed before":           {`{"failBefore":1}`, "InternalFailure", "InternalError", false},
		"failed after":            {`{"failAfter":1}`, "InternalFailure", "InternalError", true},
		"session ended":           {`{"expire":1}`, "ExpiredTokenException", "ExpiredToken", false},
		"session not recognized":  {`{"unrecognized":1}`, "UnrecognizedClientException", "InvalidAccessKeyId", false},
		"late":                    {`{"latencyMillis":1}`, "", "", true},
		"over the limit":          {`{"limit":0.000001,"times":2},{"limit":0.000001}`, "", "SlowDown", true},
		"another service":         {`{"service":"iam","throttle":1}`, "", "", true},
		"another account":         {`{"account":"999999999999","throttle":1}`, "", "", true},
		"another operation":       {`{"operation":"ListGrants","throttle":1}`, "", "", true},
		"another Region":          {`{"region":"us-east-1","throttle":1}`, "", "", true},
		"for one call, then over": {`{"throttle":1,"times":1}`, "ThrottlingException", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, awssim.Settings{})
			var set []fault.Rule
			w.send(http.MethodPost, "/_awssim/faults", "["+tt.rule+"]", &set)
			if len(set) == 0 {
				t.Fatal("no rule was set")
			}
			_, err := w.kms(homeRoot).CreateGrant(t.Context(), grantInput(keyL, canary))
			wantCode(t, err, tt.want)
			if done := len(w.KMS.Grants(keyL)) == 1; done != tt.done {
				t.Errorf("took effect: %t, want %t", done, tt.done)
			}
			_, err = w.s3(homeRoot).PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("artifacts"), Key: aws.String("k")})
			wantCode(t, err, tt.s3)
		})
	}
}

// TestThrottledCallsAreCounted tells them apart from the calls that were served, and from those of other operations.
func TestThrottledCallsAreCounted(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.Faults.Set([]fault.Rule{{Service: "kms", Operation: "DescribeKey", Throttle: 1, Times: 2}})
	for range 3 {
		_ = describe(w, homeRoot)
	}
	_, _ = w.kms(homeRoot).CreateGrant(t.Context(), grantInput(keyL, canary))
	var throttled map[string]int64
	w.get("/_awssim/throttled", &throttled)
	if diff := cmp.Diff(map[string]int64{"kms:DescribeKey": 2}, throttled); diff != "" {
		t.Errorf("throttled calls (-want +got):\n%s", diff)
	}
}

// TestResetConnections ends connections without an answer, before the call has an effect and after it. The SDK takes that for
// a reason to try again, so it is told not to.
func TestResetConnections(t *testing.T) {
	tests := map[string]struct {
		rule fault.Rule
		kind fault.Kind
		done bool
	}{
		"before the effect": {fault.Rule{Reset: 1, Times: 1}, fault.Reset, false},
		"after it":          {fault.Rule{ResetAfter: 1, Times: 1}, fault.ResetAfter, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, awssim.Settings{})
			w.Faults.Set([]fault.Rule{tt.rule})
			once := func(o *awskms.Options) { o.RetryMaxAttempts = 1 }
			_, err := w.kms(homeRoot).CreateGrant(t.Context(), grantInput(keyL, canary), once)
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the caller sees %v", err)
			}
			if done := len(w.KMS.Grants(keyL)) == 1; done != tt.done {
				t.Errorf("took effect: %t, want %t", done, tt.done)
			}
			if err := describe(w, homeRoot); err != nil {
				t.Errorf("the next call: %v", err)
			}
			if diff := cmp.Diff(map[fault.Kind]int64{tt.kind: 1}, w.Faults.Injected()); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStaleReads answers a read as it was answered before; a rule knows no answers from before it was set, and none of other
// questions.
func TestStaleReads(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	kms := w.kms(homeRoot)
	seen := func(key string) int {
		t.Helper()
		out, err := kms.ListGrants(t.Context(), &awskms.ListGrantsInput{KeyId: &key})
		w.must(err)
		return len(out.Grants)
	}
	grant := func() {
		t.Helper()
		in := grantInput(keyL, canary)
		in.Name = aws.String("n" + strconv.Itoa(len(w.KMS.Grants(keyL))))
		_, err := kms.CreateGrant(t.Context(), in)
		w.must(err)
	}
	grant()
	w.Faults.Set([]fault.Rule{{Service: "kms", Stale: 1, StaleSeconds: 60}})
	before := seen(keyL)
	grant()
	if stale := seen(keyL); before != 1 || stale != 1 {
		t.Errorf("%d grants were seen, and then %d, want 1 both times", before, stale)
	}
	if other := seen(keyK); other != 0 {
		t.Errorf("%d grants on another key", other)
	}
	w.Faults.Set(nil)
	if now := seen(keyL); now != 2 {
		t.Errorf("%d grants without the rule, want 2", now)
	}
	w.Faults.Set([]fault.Rule{{Service: "kms", Stale: 1, StaleSeconds: 1e-9}})
	if before = seen(keyL); before != 2 {
		t.Errorf("%d grants under a new rule, want 2", before)
	}
	grant()
	if now := seen(keyL); now != 3 {
		t.Errorf("%d grants, want 3: the answer of before is too old", now)
	}
}

// TestFaultsRepeat shows that a seed decides which calls fail.
func TestFaultsRepeat(t *testing.T) {
	fates := func(seed uint64) (text string) {
		w := newWorld(t, awssim.Settings{Seed: seed})
		w.Faults.Set([]fault.Rule{{Service: "kms", Throttle: 0.5}})
		for range 20 {
			text += code(describe(w, homeRoot)) + " "
		}
		return text
	}
	first := fates(1)
	if again := fates(1); again != first {
		t.Errorf("seed 1 gave %s, and then %s", first, again)
	}
	if other := fates(2); other == first {
		t.Errorf("seeds 1 and 2 gave %s", first)
	}
}

// echo is a service from outside.
type echo struct{}

func (echo) SigningName() string                              { return "synthetics" }
func (echo) Operation(*wire.Call) string                      { return "Echo" }
func (echo) Serve(w http.ResponseWriter, c *wire.Call)        { restjson.Write(w, c.Principal) }
func (echo) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }

func TestServicesAndAdminPathsFromOutside(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.HandleAdmin("/verdict", echo{})
	server := httptest.NewServer(w.Handler(echo{}))
	t.Cleanup(server.Close)
	w.url = server.URL
	for _, path := range []string{"/_awssim/verdict", "/_awssim/verdict/migration"} {
		if status := w.get(path, nil).status; status != http.StatusTeapot {
			t.Errorf("%s: %d", path, status)
		}
	}
	w.get("/_awssim/health", nil)
}

// TestFastClock signs with a client that corrects its clock by the simulated Date, as the AWS SDK for Go does,
// while simulated time runs away from it.
func TestFastClock(t *testing.T) {
	c := clock.New(start, 1e6)
	t.Cleanup(c.Close)
	world := awssim.NewWorld(c, awssim.Settings{})
	w := &testWorld{World: world, t: t}
	w.must(w.IAM.AddUser(iam.User{ARN: rootARN, AccessKeyID: "AKIAHOME", Secret: "home-secret"}))
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close)
	w.url = server.URL
	client := w.sts(homeRoot)
	for range 5 {
		before := c.Now()
		_, err := client.GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
		w.must(err)
		for c.Now().Sub(before) < time.Hour { // 3.6 ms of real time
			if _, err := w.sts(homeRoot).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestChunkedUpload makes the SDK stream in chunks with a trailing checksum, which it does over TLS alone.
func TestChunkedUpload(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	server := httptest.NewTLSServer(w.Handler())
	t.Cleanup(server.Close)
	config := w.config(homeRoot)
	config.BaseEndpoint, config.HTTPClient = aws.String(server.URL), server.Client()
	client := awss3.NewFromConfig(config, func(o *awss3.Options) { o.UsePathStyle = true })
	for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512"} {
		_, err := client.PutObject(t.Context(), &awss3.PutObjectInput{
			Bucket: aws.String("artifacts"), Key: aws.String(string(algorithm)), ChecksumAlgorithm: algorithm,
			Body: bytes.NewReader([]byte("hello")),
		})
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		o, _ := w.S3.Stat("artifacts", string(algorithm))
		if string(o.Body) != "hello" || len(o.Header) == 0 {
			t.Errorf("%s: %+v", algorithm, o)
		}
	}
	_, err := client.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String("artifacts"), Key: aws.String("k"), Body: bytes.NewReader([]byte("hello")), ChecksumCRC32: aws.String("AAAAAA=="),
	})
	wantCode(t, err, "BadDigest")
}

func BenchmarkDescribeKey(b *testing.B) {
	c := clock.New(start, 60)
	b.Cleanup(c.Close)
	world := awssim.NewWorld(c, awssim.Settings{})
	if err := world.IAM.AddUser(iam.User{ARN: rootARN, AccessKeyID: "AKIAHOME", Secret: "home-secret"}); err != nil {
		b.Fatal(err)
	}
	key := world.KMS.AWSManagedS3Key(home, region)
	server := httptest.NewServer(world.Handler())
	b.Cleanup(server.Close)
	client := awskms.NewFromConfig(aws.Config{Region: region, Credentials: homeRoot, BaseEndpoint: aws.String(server.URL)})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.DescribeKey(b.Context(), &awskms.DescribeKeyInput{KeyId: aws.String(key)}); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkPutObjectUnderAGrant(b *testing.B) {
	c := clock.New(start, 60)
	b.Cleanup(c.Close)
	world := awssim.NewWorld(c, awssim.Settings{})
	if err := world.S3.AddBucket(s3.Bucket{Name: "artifacts", Account: home, Region: region}); err != nil {
		b.Fatal(err)
	}
	if err := world.IAM.AddRole(iam.Role{ARN: canary, Inline: map[string]string{"s3": allow("s3:*", "*")}}); err != nil {
		b.Fatal(err)
	}
	p := identity.Role(canary, "run")
	for b.Loop() {
		if _, err := world.S3.PutObject(p, s3.PutInput{Bucket: "artifacts", Key: "k", Encryption: s3.Encryption{Algorithm: "aws:kms"}}); err != nil {
			b.Fatal(err)
		}
	}
}
