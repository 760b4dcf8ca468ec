package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	cancelled = rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED
	failed    = rekeyv1.MigrationState_MIGRATION_STATE_FAILED
	succeeded = rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED
	planned   = rekeyv1.MigrationState_MIGRATION_STATE_PLANNED
)

// reasonOf is the reason of a failed call.
func reasonOf(err error) (codes.Code, string) {
	st := status.Convert(err)
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return st.Code(), info.GetReason()
		}
	}
	return st.Code(), ""
}

// metadataOf is the metadata of a failed call's reason.
func metadataOf(err error) map[string]string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetMetadata()
		}
	}
	return nil
}

// owner is a client of the canaries' owner, who does what owners do while a migration is under way.
func (s *stack) owner(region string) *synthetics.Client {
	return synthetics.New(synthetics.Options{
		Region: region, BaseEndpoint: awssdk.String(s.endpoint), HTTPClient: http.DefaultClient,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAE2ESHOP000000000", "e2e-secret-of-the-shop", ""),
	})
}

// TestChangedCanaryIsRefused edits a canary between the plan and the approval: what was approved is what runs.
func TestChangedCanaryIsRefused(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: edited, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: same, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	m := s.create(s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l"))
	_, err := s.owner(ireland).UpdateCanary(s.ctx, &synthetics.UpdateCanaryInput{
		Name:           awssdk.String("edited"),
		ArtifactConfig: &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3}},
	})
	if err != nil {
		t.Fatalf("the owner's edit: %v", err)
	}
	s.approve(m)
	m = s.await(m.GetId(), rested)
	if m.GetState() != failed {
		t.Errorf("ended as %s", m.GetState())
	}
	canaries := s.canaries(m)
	want := map[string]outcome{
		"edited": {State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, Reason: rekeyv1.ErrorReason_ERROR_REASON_CANARY_CHANGED},
		"same":   {State: migrated, Old: revoked},
	}
	if diff := cmp.Diff(want, outcomes(canaries)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if changed := canaries["edited"].GetProblem().GetMetadata()["changed"]; changed != "encryption" {
		t.Errorf("changed: %q, want encryption", changed)
	}
}

// TestSecondMigrationIsRefused starts two migrations of the same canary: the second is told the first's id.
func TestSecondMigrationIsRefused(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: wanted, role: one, runtime: syn-nodejs-puppeteer-9.1, schedule: "`+dueInTenHours()+`", encryption: {mode: SSE_KMS, key: k}}
`, "synthetics: {cron_runs_after_edit: false}\n"))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Waits.RunDeadline = durationpb.New(20 * time.Hour)
	first, second := s.create(spec), s.create(spec)
	s.approve(first)
	s.await(first.GetId(), func(m *rekeyv1.Migration) bool { return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_RUN) })
	s.approve(second)
	second = s.await(second.GetId(), rested)
	c := s.canaries(second)["wanted"]
	if c.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_CANARY_LOCKED || c.GetProblem().GetMetadata()["migration_id"] != first.GetId() {
		t.Errorf("got %v, want CANARY_LOCKED by %s", c.GetProblem(), first.GetId())
	}
	if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_BLOCKED || second.GetState() != failed {
		t.Errorf("the canary is %s, the migration %s", c.GetState(), second.GetState())
	}
}

// TestCancel cancels a migration at each point at which it can be.
func TestCancel(t *testing.T) {
	canaries := ""
	for i := range 12 {
		canaries += fmt.Sprintf("\n  - {account: shop, region: eu-west-1, name: canary-%02d, role: one, encryption: {mode: SSE_KMS, key: k}}", i)
	}
	s := start(t, parse(t, canaryRole("shop", "one", ""), canaries+"\n"))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 3}

	unapproved := s.create(spec)
	reply, err := s.api.CancelMigration(s.ctx, &rekeyv1.CancelMigrationRequest{MigrationId: unapproved.GetId(), Reason: "a mistake"})
	if err != nil || reply.GetMigration().GetState() != cancelled {
		t.Fatalf("cancelling a plan: %v %v", reply, err)
	}
	_, err = s.api.ApproveMigration(s.ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: unapproved.GetId(), PlanDigest: unapproved.GetPlan().GetDigest()})
	if code, reason := reasonOf(err); code != codes.FailedPrecondition || reason != "WRONG_STATE" {
		t.Errorf("approving what was cancelled: %v", err)
	}

	m := s.create(spec)
	s.approve(m)
	s.await(m.GetId(), func(m *rekeyv1.Migration) bool { return len(m.GetProgress().GetSteps()) > 0 })
	for range 2 { // cancelling again does nothing
		if _, err := s.api.CancelMigration(s.ctx, &rekeyv1.CancelMigrationRequest{MigrationId: m.GetId()}); err != nil {
			t.Fatalf("cancelling a running migration: %v", err)
		}
	}
	m = s.await(m.GetId(), rested)
	if m.GetState() != cancelled {
		t.Errorf("ended as %s", m.GetState())
	}
	counts := map[rekeyv1.CanaryState]int{}
	for name, c := range s.canaries(m) {
		counts[c.GetState()]++
		if state := c.GetState(); state != migrated && state != rekeyv1.CanaryState_CANARY_STATE_CANCELLED {
			t.Errorf("%s was left %s: %v", name, state, c.GetProblem())
		}
		if c.GetState() == migrated && c.GetOldAccess().GetState() != held {
			t.Errorf("%s gave up the key that the cancelled ones of its role use: %v", name, c.GetOldAccess())
		}
	}
	if counts[migrated] == 0 || counts[rekeyv1.CanaryState_CANARY_STATE_CANCELLED] == 0 {
		t.Errorf("counts %v: want some of both", counts)
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 1 {
		t.Errorf("%d grants on the old key, want 1", n)
	}
	s.undisturbed()
}

// TestValidateOnly makes a plan and nothing else.
func TestValidateOnly(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: untouched, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	request := &rekeyv1.CreateMigrationRequest{
		Spec: s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l"), ValidateOnly: true, RequestId: "only-a-plan",
	}
	created, err := s.api.CreateMigration(s.ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	m := s.await(created.GetMigration().GetId(), rested)
	if m.GetState() != planned || m.GetPlan().GetToMigrate() != 1 {
		t.Fatalf("got %v", m)
	}
	if c := s.canaries(m)["untouched"]; len(c.GetGrants()) != 1 || len(c.GetRevokes()) != 1 {
		t.Errorf("the plan says %v", c)
	}
	again, err := s.api.CreateMigration(s.ctx, request)
	if err != nil || again.GetMigration().GetId() != m.GetId() || again.GetMigration().GetState() != planned {
		t.Errorf("the repeated call: %v %v", again, err)
	}
	request.ValidateOnly = false
	if _, err = s.api.CreateMigration(s.ctx, request); err == nil {
		t.Error("the request id was taken for another request")
	} else if code, reason := reasonOf(err); code != codes.AlreadyExists || reason != "REQUEST_ID_REUSED" {
		t.Errorf("another request of the same id: %v", err)
	}
	_, err = s.api.ApproveMigration(s.ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: m.GetId(), PlanDigest: m.GetPlan().GetDigest()})
	if code, reason := reasonOf(err); code != codes.FailedPrecondition || reason != "WRONG_STATE" {
		t.Errorf("approving a validate_only plan: %v", err)
	}
	for _, e := range s.sim.World.Journal.Since(0) {
		if e.Kind == "mutation" && e.Action != "sts:AssumeRole" {
			t.Errorf("something was changed: %v", e)
		}
	}
}

// TestUnreachableCell selects an account that can't be entered beside one that can: an outcome of its own, not the
// end of the migration.
func TestUnreachableCell(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: reachable, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	m := s.migrate(s.spec([]string{shop, central}, []string{ireland}, "shop/eu-west-1/l"))
	if m.GetState() != succeeded || len(m.GetProgress().GetCellProblems()) != 1 {
		t.Fatalf("got %v", m)
	}
	p := m.GetProgress().GetCellProblems()[0]
	if p.GetReason() != rekeyv1.ErrorReason_ERROR_REASON_CELL_NOT_REACHABLE || p.GetMetadata()["account_id"] != central {
		t.Errorf("got %v", p)
	}
}

// TestHandingOn migrates with a server that wants every run handed on after a few events: stories are taken up at
// their recorded steps, and nothing is done twice.
func TestHandingOn(t *testing.T) {
	canaries := ""
	for i := range 10 {
		canaries += fmt.Sprintf("\n  - {account: shop, region: eu-west-1, name: canary-%02d, role: one, runtime: syn-nodejs-puppeteer-11.0, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: [\"1,1,2,2\"]}]}", i)
	}
	s := start(t, parse(t, canaryRole("shop", "one", ""), canaries+"\n"),
		"--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=60")
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 4}
	m := s.migrate(spec)
	if m.GetState() != succeeded {
		t.Errorf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	found := s.canaries(m)
	for name, c := range found {
		if diff := cmp.Diff(outcome{State: migrated, Old: revoked, Baseline: confirmed}, outcomes(found)[name]); diff != "" {
			t.Errorf("%s: %s %v", name, diff, c.GetProblem())
		}
	}
	if n := s.runs(shopCell(m.GetId())); n < 4 {
		t.Errorf("the cell had %d runs: the test did not make it hand on", n)
	}
	updates := map[string]int{}
	for _, e := range s.sim.World.Journal.Since(0) {
		if e.Action == "synthetics:UpdateCanary" {
			updates[e.Resource]++
		}
	}
	for canary, n := range updates {
		if n != 2 {
			t.Errorf("%s was updated %d times, want 2: once for the key and once for the baseline", canary, n)
		}
	}
	s.undisturbed()
	s.onlyPlanned(found)
	s.record("handing-on")
}
