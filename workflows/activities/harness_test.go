package activities

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/awssim/journal"
	"rekey/awssim/sim"
	"rekey/workflows"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/worker"
)

// The accounts of the test's world: the canaries', one that owns a foreign key and a bucket, and the worker's.
const (
	shop   = "111111111111"
	vault  = "222222222222"
	hub    = "900000000000"
	region = "eu-west-1"

	accessKey  = "AKIAREKEYHUB00000000"
	secret     = "simulated-secret-of-the-worker"
	externalID = "external-id-of-shop"
)

var cell = workflows.Cell{Account: shop, Region: region}

// poll is how often the activities look: often in real time, since the world's clock is advanced by the tests.
var poll = workflows.Poll{Every: 5 * time.Second, Scale: 600}

// mostAttempts is how many attempts of an activity a test waits for: about an hour and a half of simulated time.
const mostAttempts = 1000

// world is a simulated AWS, and the activities as the worker registers them.
type world struct {
	t      *testing.T
	sim    *sim.Sim
	names  *fleet.Names
	access *aws.Access
	// kept makes all attempts that follow, where it is there.
	kept *testsuite.TestActivityEnvironment
	// evidence says where evidence may go.
	evidence evidence.Config
	// after is called when a request for that target of the JSON protocol has been answered.
	after map[string]func()
	// pauses are what is paused, by migration.
	pauses pauses
	// heartbeat is what the last attempt of an activity told by its heartbeat, for the next one; nil where it told nothing.
	heartbeat json.RawMessage
}

// newWorld starts a world from the test's fleet and what a test adds to it.
func newWorld(t *testing.T, edits ...func(*fleet.Fleet)) *world {
	t.Helper()
	f := testFleet(t)
	for _, edit := range edits {
		edit(f)
	}
	s, err := sim.New(sim.Config{Fleet: f, TimeScale: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w := &world{t: t, sim: s, names: f.Names(), after: map[string]func(){}}
	server := httptest.NewServer(w.handler(s.Handler()))
	t.Cleanup(server.Close)
	w.access, err = aws.New(t.Context(), aws.Config{
		ExternalID:  externalID,
		EndpointURL: server.URL,
		Base: &awssdk.Config{
			Region:      region,
			Credentials: awscredentials.NewStaticCredentialsProvider(accessKey, secret, ""),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(rw, r)
		if after := w.after[r.Header.Get("X-Amz-Target")]; after != nil {
			after()
		}
	})
}

// testFleet is an account with a member role of the published policy, and another that owns a key and a bucket.
func testFleet(t *testing.T) *fleet.Fleet {
	t.Helper()
	f := fleet.New()
	f.Organization.Management = hub
	f.Accounts = []fleet.Account{
		{ID: hub, Name: "hub", Regions: []string{region}},
		{ID: shop, Name: "shop", Unit: "Shop", Regions: []string{region, "us-east-1"}},
		{ID: vault, Name: "vault", Regions: []string{region}},
	}
	f.Users = []fleet.User{{Account: hub, Name: "worker", AccessKey: accessKey, Secret: secret, Policies: hubPolicies(t)}}
	f.Roles = []fleet.Role{
		memberRole(t, shop),
		{Account: shop, Name: "canary", Template: "canary"},
		{Account: shop, Name: "other", Template: "canary"},
	}
	f.Keys = []fleet.Key{
		{Account: shop, Region: region, Name: "old"},
		{Account: shop, Region: region, Name: "new"},
		{Account: shop, Region: region, Name: "disabled", State: "Disabled"},
		{Account: vault, Region: region, Name: "shared", SharedWith: []string{shop}},
		{Account: vault, Region: region, Name: "private"},
	}
	f.Buckets = []fleet.Bucket{
		{Name: "shop-artifacts", Account: shop, Region: region},
		{Name: "shop-artifacts-us", Account: shop, Region: "us-east-1"},
		{Name: "vault-artifacts", Account: vault, Region: region},
	}
	return f
}

// memberRole is an account's member role with the published policy.
func memberRole(t *testing.T, account string) fleet.Role {
	t.Helper()
	return fleet.Role{
		Account: account, Name: "rekey-member", Inline: map[string]fleet.Document{"rekey": published(t, "member-role-policy.json")},
		Trust: fleet.Document(strings.NewReplacer("HUB", hub, "ID", externalID).Replace(`{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::HUB:user/worker"}, "Action": "sts:AssumeRole",
			"Condition": {"StringEquals": {"sts:ExternalId": "ID"}}}]}`)),
	}
}

// hubPolicies are what the worker's own credentials may do.
func hubPolicies(t *testing.T) map[string]fleet.Document {
	t.Helper()
	return map[string]fleet.Document{"hub": published(t, "hub-policy.json")}
}

// published is a policy that operators deploy.
func published(t *testing.T, name string) fleet.Document {
	t.Helper()
	policy, err := os.ReadFile("../../deploy/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Document(policy)
}

// canaries adds canaries of the test's account under its old key, each with a role's grant on it.
func canaries(list ...fleet.Canary) func(*fleet.Fleet) {
	return func(f *fleet.Fleet) {
		for _, c := range list {
			if c.Account == "" {
				c.Account = shop
			}
			if c.Region == "" {
				c.Region = region
			}
			if c.Role == "" {
				c.Role = "canary"
			}
			if c.Location == "" {
				c.Location = "shop-artifacts/canary/" + c.Name
			}
			if c.Encryption == nil {
				c.Encryption = &fleet.Encryption{Mode: "SSE_KMS", Key: shop + "/" + region + "/old"}
			}
			f.Canaries = append(f.Canaries, c)
		}
	}
}

// denying adds a guardrail to the test's account, with the statements of a service control policy.
func denying(statement string) func(*fleet.Fleet) {
	return func(f *fleet.Fleet) {
		f.Organization.Policies = append(f.Organization.Policies, fleet.ControlPolicy{
			Target: "Shop", Name: "guardrail", Policy: fleet.Document(`{"Version": "2012-10-17", "Statement": [` + statement + `]}`),
		})
	}
}

func (w *world) key(name string) string  { return w.names.Key(name, shop, region) }
func (w *world) role(name string) string { return w.names.Role(name, shop) }

// under is SSE_KMS with a key.
func (w *world) under(key string) workflows.Encryption {
	return workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: w.key(key)}
}

// worker is a new one, which remembers nothing, unless a test keeps one.
func (w *world) worker() *testsuite.TestActivityEnvironment {
	if w.kept != nil {
		return w.kept
	}
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{worker.Gates(w.pauses)}})
	worker.RegisterActivities(env, worker.Config{Access: w.access, Evidence: w.evidence}, nil)
	return env
}

// run makes one attempt of an activity.
func run[Out any](w *world, name string, in any) (Out, error) {
	w.t.Helper()
	env := w.worker()
	if w.heartbeat != nil {
		env.SetHeartbeatDetails(w.heartbeat)
	}
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		if err := details.Get(&w.heartbeat); err != nil {
			w.t.Error(err)
		}
	})
	var out Out
	value, err := env.ExecuteActivity(name, in)
	if err == nil && value.HasValue() {
		err = value.Get(&out)
	}
	return out, err
}

// must makes one attempt of an activity, which is to succeed.
func must[Out any](w *world, name string, in any) Out {
	w.t.Helper()
	out, err := run[Out](w, name, in)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return out
}

// await makes attempts of an activity for as long as they end with NotYet; simulated time passes between them.
func await[Out any](w *world, name string, in any) (Out, error) {
	w.t.Helper()
	for attempt := 1; ; attempt++ {
		out, err := run[Out](w, name, in)
		if !failure.IsWait(err) {
			return out, err
		}
		if w.t.Context().Err() != nil || attempt == mostAttempts {
			w.t.Fatalf("%s, attempt %d: %v", name, attempt, err)
		}
		w.sim.World.Clock.Advance(poll.Every)
	}
}

// refused checks that an attempt ended with a reason, and answers the problem's metadata.
func refused(t *testing.T, err error, reason workflows.Reason) map[string]string {
	t.Helper()
	if err == nil || !failure.Is(err, reason) {
		t.Fatalf("got %v, want %s", err, reason)
	}
	return failure.Problem(err).Metadata
}

// waits checks that an attempt ended with NotYet.
func waits(t *testing.T, err error) {
	t.Helper()
	if !failure.IsWait(err) {
		t.Fatalf("got %v, want NotYet", err)
	}
}

// mutations are what has been changed by a call so far, by action.
func (w *world) mutations(action string) []journal.Entry {
	var list []journal.Entry
	for _, e := range w.sim.World.Journal.Since(0) {
		if e.Kind == journal.Mutation && e.Action == action {
			list = append(list, e)
		}
	}
	return list
}

// fails sets a fault.
func (w *world) fails(rules ...fault.Rule) { w.sim.World.Faults.Set(rules) }

// recorded is a canary as a census records it.
func (w *world) recorded(name string) workflows.Settings {
	w.t.Helper()
	census := must[workflows.Census](w, workflows.TakeCensusActivity, workflows.CensusInput{Cell: cell, NamePatterns: []string{name}})
	if len(census.Canaries) != 1 {
		w.t.Fatalf("the census finds %d canaries named %s", len(census.Canaries), name)
	}
	return census.Canaries[0]
}

// retried checks that an attempt ended so that the server makes another.
func retried(t *testing.T, err error) {
	t.Helper()
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.NonRetryable() || failure.IsWait(err) {
		t.Fatalf("got %v, want a failure that is retried", err)
	}
}
