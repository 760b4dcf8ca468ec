// Package e2e tests the whole of rekey through its public door: the gRPC API, on a real Temporal server and a
// simulated AWS with real wire protocols. Nothing in it is mocked.
package e2e

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
	"rekey/awssim/stranded"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/aws"
	"rekey/workflows/worker"
)

// patience is how long a test may take before it is given up as stuck: many times what it takes on a machine at rest.
const patience = 10 * time.Minute

// stack is everything that runs: Temporal as a process, the rest in this one so that the race detector sees it.
type stack struct {
	t        *testing.T
	ctx      context.Context
	sim      *sim.Sim
	endpoint string // of the simulated AWS
	names    *fleet.Names
	temporal client.Client
	// temporalAddress is where processes of their own reach Temporal.
	temporalAddress string
	api             rekeyv1.MigrationServiceClient
	fleet           rekeyv1.FleetServiceClient
	worker          sdkworker.Worker
	evidence        evidence.Config
	logs            transcript // of the worker, everything that it would say at its most talkative
}

// start starts a stack on a world. More arguments go to the Temporal server.
func start(t *testing.T, f *fleet.Fleet, temporalArgs ...string) *stack {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &stack{t: t, ctx: ctx, names: f.Names()}
	logger := log.NewStructuredLogger(slog.New(slog.NewTextHandler(&s.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	server := startTemporal(ctx, t, logger, temporalArgs)
	s.temporal, s.temporalAddress = server.Client(), server.FrontendHostPort()
	t.Cleanup(s.keepLogs)
	var err error
	if s.sim, err = sim.New(sim.Config{Fleet: f, Observe: true}); err != nil {
		t.Fatalf("awssim: %v", err)
	}
	t.Cleanup(s.sim.Close)
	endpoint := httptest.NewServer(s.sim.Handler())
	t.Cleanup(endpoint.Close)
	s.endpoint = endpoint.URL
	s.startWorker(s.endpoint)
	t.Cleanup(s.stopWorker)
	s.api = s.startServer(f.TimeScale)
	return s
}

// keepLogs keeps what the worker of a failed test logged, when REKEY_E2E_LOGS names a directory.
func (s *stack) keepLogs() {
	if directory := os.Getenv("REKEY_E2E_LOGS"); directory != "" && s.t.Failed() {
		if err := os.WriteFile(filepath.Join(directory, strings.ReplaceAll(s.t.Name(), "/", "_")+".log"), s.logs.Bytes(), 0o600); err != nil {
			s.t.Log(err)
		}
	}
}

func startTemporal(ctx context.Context, t *testing.T, logger log.Logger, args []string) *testsuite.DevServer {
	t.Helper()
	binary := os.Getenv("REKEY_TEMPORAL_BIN")
	if binary == "" {
		t.Fatal("REKEY_TEMPORAL_BIN names no Temporal server: run the tests by make test, which builds one")
	}
	for _, attribute := range []string{workflows.StateAttribute, workflows.AccountAttribute, workflows.RegionAttribute} {
		args = append(args, "--search-attribute", attribute+"=Keyword")
	}
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: binary, LogLevel: "error", ExtraArgs: args, Stdout: io.Discard, Stderr: io.Discard,
		ClientOptions: &client.Options{Logger: logger},
	})
	if err != nil {
		t.Fatalf("Temporal: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Logf("stopping Temporal: %v", err)
		}
	})
	return server
}

func (s *stack) startWorker(endpoint string) {
	s.t.Helper()
	s.worker = s.newWorker(endpoint, sdkworker.WorkerDeploymentVersion{})
}

// newWorker starts a worker that is a version of a deployment, or of none. Workflows that are given stand for those of the same
// names.
func (s *stack) newWorker(endpoint string, version sdkworker.WorkerDeploymentVersion, others ...other) sdkworker.Worker {
	s.t.Helper()
	access, err := aws.New(s.ctx, aws.Config{
		ExternalID: externalID, EndpointURL: endpoint,
		Base: &awssdk.Config{
			Region:      virginia,
			Credentials: credentials.NewStaticCredentialsProvider(hubKey, hubSecret, ""),
		},
	})
	if err != nil {
		s.t.Fatalf("worker: %v", err)
	}
	w := worker.New(s.temporal, worker.Config{Access: access, Evidence: s.evidence, Version: version})
	for _, o := range others {
		w.RegisterWorkflowWithOptions(o.workflow, workflow.RegisterOptions{Name: o.name, DisableAlreadyRegisteredCheck: true})
	}
	if err := w.Start(); err != nil {
		s.t.Fatalf("worker: %v", err)
	}
	return w
}

// other is a workflow of another version of rekey.
type other struct {
	name     string
	workflow any
}

// stopWorker stops the worker, if one runs.
func (s *stack) stopWorker() {
	if s.worker != nil {
		s.worker.Stop()
		s.worker = nil
	}
}

func (s *stack) startServer(scale float64) rekeyv1.MigrationServiceClient {
	s.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	serve(s.t, s.temporal, scale, listener)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	s.fleet = rekeyv1.NewFleetServiceClient(conn)
	return rekeyv1.NewMigrationServiceClient(conn)
}

// spec selects all canaries of accounts in Regions.
func (s *stack) spec(accounts, regions []string, keys ...string) *rekeyv1.MigrationSpec {
	target := &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS}
	for _, key := range keys {
		target.KmsKeyArns = append(target.KmsKeyArns, s.key(key))
	}
	return &rekeyv1.MigrationSpec{
		Selection: &rekeyv1.Selection{AccountIds: accounts, Regions: regions},
		Target:    target,
		Waits:     &rekeyv1.Waits{AccessSettle: durationpb.New(time.Minute)},
	}
}

// key is the ARN of a key given as account/region/name.
func (s *stack) key(ref string) string {
	arn := s.names.Key(ref, "", "")
	if arn == "" {
		s.t.Fatalf("the fleet has no key %s", ref)
	}
	return arn
}

// create creates a migration and waits for its plan.
func (s *stack) create(spec *rekeyv1.MigrationSpec) *rekeyv1.Migration {
	s.t.Helper()
	created, err := s.api.CreateMigration(s.ctx, &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		s.t.Fatalf("create: %v", err)
	}
	return s.await(created.GetMigration().GetId(), func(m *rekeyv1.Migration) bool {
		return m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_PLANNING
	})
}

// approve approves a migration's plan.
func (s *stack) approve(m *rekeyv1.Migration) {
	s.t.Helper()
	_, err := s.api.ApproveMigration(s.ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: m.GetId(), PlanDigest: m.GetPlan().GetDigest()})
	if err != nil {
		s.t.Fatalf("approve: %v", err)
	}
}

// migrate takes a migration from its creation to its rest.
func (s *stack) migrate(spec *rekeyv1.MigrationSpec) *rekeyv1.Migration {
	s.t.Helper()
	m := s.create(spec)
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL {
		s.t.Fatalf("planned as %s: %s %v", m.GetState(), m.GetStateReason(), m.GetProgress().GetCellProblems())
	}
	s.approve(m)
	return s.await(m.GetId(), rested)
}

func rested(m *rekeyv1.Migration) bool { return m.GetEndTime() != nil }

// await watches a migration until it is so.
func (s *stack) await(id string, is func(*rekeyv1.Migration) bool) *rekeyv1.Migration {
	s.t.Helper()
	ctx, leave := context.WithCancel(s.ctx)
	defer leave()
	stream, err := s.api.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: id})
	if err != nil {
		s.t.Fatalf("watch: %v", err)
	}
	var last *rekeyv1.Migration
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			s.t.Fatalf("the watch ended with %v", last)
		}
		if err != nil {
			s.t.Fatalf("watch: %v; last seen: %v%s", err, last, s.logs.panics())
		}
		if m := message.GetSnapshot(); m != nil {
			last = m
		}
		if m := message.GetChange(); m != nil {
			last = m
		}
		if last != nil && is(last) {
			return last
		}
	}
}

// canaries are a migration's canaries by name.
func (s *stack) canaries(m *rekeyv1.Migration) map[string]*rekeyv1.Canary {
	s.t.Helper()
	return s.list(&rekeyv1.ListCanariesRequest{MigrationId: m.GetId()})
}

// list are the canaries that a request asks for, over all pages.
func (s *stack) list(request *rekeyv1.ListCanariesRequest) map[string]*rekeyv1.Canary {
	s.t.Helper()
	found := map[string]*rekeyv1.Canary{}
	request.PageSize = 2
	for {
		page, err := s.api.ListCanaries(s.ctx, request)
		if err != nil {
			s.t.Fatalf("list: %v", err)
		}
		for _, c := range page.GetCanaries() {
			found[c.GetName()] = c
		}
		request.PageToken = page.GetNextPageToken()
		if request.GetPageToken() == "" {
			return found
		}
	}
}

// stranded is what the migration took from canaries that need it, at any instant.
func (s *stack) stranded() []stranded.Finding {
	return slices.DeleteFunc(s.sim.Stranded(), func(f stranded.Finding) bool { return !strings.HasSuffix(f.By, ":role/rekey-member") })
}

// undisturbed fails the test when the world's own verdict is that the migration cost a run, or would cost one.
func (s *stack) undisturbed() {
	s.t.Helper()
	for _, f := range s.stranded() {
		s.t.Errorf("stranded: %+v", f)
	}
	v := s.sim.Verdict()
	if v.Lost != 0 || v.Caused != 0 {
		s.t.Errorf("runs lost: %d, runs failed because of the migration: %d\n%+v", v.Lost, v.Caused, v.Troubled().Outcomes)
	}
}

// grants is how many grants a role has on a key.
func (s *stack) grants(key, role string) int {
	n := 0
	for _, g := range s.sim.World.KMS.Grants(s.key(key)) {
		if g.Grantee == s.names.Role(role, "") {
			n++
		}
	}
	return n
}

// runs are how many runs a workflow has had: one, and one for each continue-as-new.
func (s *stack) runs(id string) int {
	s.t.Helper()
	return len(s.runsOf(id))
}
