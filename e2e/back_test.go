package e2e

import (
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	returned   = rekeyv1.CanaryState_CANARY_STATE_RETURNED
	unverified = rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED
	blocked    = rekeyv1.CanaryState_CANARY_STATE_BLOCKED
)

// unexported are the members that the SDK's types have for themselves.
var unexported = cmpopts.IgnoreUnexported(
	types.Canary{}, types.ArtifactConfigOutput{}, types.S3EncryptionConfig{}, types.VisualReferenceOutput{}, types.BaseScreenshot{},
	types.CanaryScheduleOutput{}, types.RetryConfigOutput{},
)

// rollBack rolls a migration back and waits until it is.
func (s *stack) rollBack(m *rekeyv1.Migration) *rekeyv1.Migration {
	s.t.Helper()
	for range 2 { // rolling back again does nothing
		if _, err := s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: m.GetId(), Reason: "a test"}); err != nil {
			s.t.Fatalf("roll back: %v", err)
		}
	}
	return s.await(m.GetId(), func(m *rekeyv1.Migration) bool {
		return m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK
	})
}

// shown is a canary as AWS shows it to its owner, without what changes with every run.
func (s *stack) shown(name string) *types.Canary {
	s.t.Helper()
	out, err := s.owner(ireland).GetCanary(s.ctx, &synthetics.GetCanaryInput{Name: awssdk.String(name)})
	if err != nil {
		s.t.Fatal(err)
	}
	c := out.Canary
	return &types.Canary{
		ArtifactConfig: c.ArtifactConfig, ArtifactS3Location: c.ArtifactS3Location, VisualReference: c.VisualReference,
		VisualReferences: c.VisualReferences, ExecutionRoleArn: c.ExecutionRoleArn, Schedule: c.Schedule, RuntimeVersion: c.RuntimeVersion,
	}
}

func (s *stack) state(name string) string {
	s.t.Helper()
	out, err := s.owner(ireland).GetCanary(s.ctx, &synthetics.GetCanaryInput{Name: awssdk.String(name)})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(out.Canary.Status.State)
}

// TestRollBack takes a migration back: every canary has what it had, its baseline included, old access is there and
// new access is gone, and no run was lost on either way.
func TestRollBack(t *testing.T) {
	names := []string{"plain", "visual", "old", "from-s3", "moved-too"}
	s := startFor(t, 3*time.Minute, parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+canaryRole("shop", "three", ""), `
  - {account: shop, region: eu-west-1, name: plain, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: visual, role: two, runtime: syn-nodejs-puppeteer-12.0, browsers: [CHROME, FIREFOX], encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["0,0,200,40"], changing: ["10,10,120,30"]}]}
  - {account: shop, region: eu-west-1, name: old, role: two, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["0,0,200,40"], changing: ["10,10,120,30"]}]}
  - {account: shop, region: eu-west-1, name: from-s3, role: one, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: moved-too, role: three, encryption: {mode: SSE_KMS, key: k}}
`, "buckets: [{name: shop-elsewhere, account: shop, region: eu-west-1}]\n"))
	before := map[string]*types.Canary{}
	for _, name := range names {
		before[name] = s.shown(name)
	}
	held := s.all()
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Target.ArtifactLocation = "s3://shop-elsewhere/{name}"
	spec.Waits.RevokeWatch = durationpb.New(6 * time.Minute)
	m := s.migrate(spec)
	if m.GetState() != succeeded {
		t.Fatalf("ended as %s: %v", m.GetState(), outcomes(s.canaries(m)))
	}
	m = s.rollBack(m)
	canaries := s.canaries(m)
	for _, name := range names {
		c := canaries[name]
		if c.GetState() != returned || c.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_ROLLED_BACK {
			t.Errorf("%s is %s: %v", name, c.GetState(), c.GetProblem())
		}
		if diff := cmp.Diff(before[name], s.shown(name), unexported); diff != "" {
			t.Errorf("%s is not as it was (-before +after):\n%s", name, diff)
		}
	}
	for name := range s.all() {
		if _, there := held[name]; !there && !strings.HasPrefix(name, "grant ") {
			t.Errorf("%s is left", name)
		}
	}
	for _, role := range []string{"one", "two", "three"} {
		if old, now := s.grants("shop/eu-west-1/k", "shop/"+role), s.grants("shop/eu-west-1/l", "shop/"+role); old != 1 || now != 0 {
			t.Errorf("%s has %d grants on the old key and %d on the new, want 1 and 0", role, old, now)
		}
	}
	s.sim.WaitUntil(s.sim.World.Clock.Now().Add(12 * time.Minute))
	s.undisturbed()
	if v := s.sim.Verdict(); v.Variance > 0 {
		t.Errorf("%d runs differ from their baseline", v.Variance)
	}
}

// TestRollBackLeavesWhatCannotGoBack disables the old key before the roll back: the canary keeps the key that works.
func TestRollBackLeavesWhatCannotGoBack(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: stays, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Waits.RevokeWatch = durationpb.New(0)
	m := s.migrate(spec)
	if err := s.sim.World.KMS.SetKeyState(s.key("shop/eu-west-1/k"), "Disabled"); err != nil {
		t.Fatal(err)
	}
	c := s.canaries(s.rollBack(m))["stays"]
	if c.GetState() != migrated || c.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_NOT_RETURNABLE {
		t.Errorf("is %s: %v", c.GetState(), c.GetProblem())
	}
	if n := s.grants("shop/eu-west-1/l", "shop/one"); n != 1 {
		t.Errorf("%d grants on the key that it uses, want 1", n)
	}
	s.undisturbed()
	_, err := s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: "m-00000000000000000000"})
	if code, reason := reasonOf(err); code != codes.NotFound || reason != "MIGRATION_NOT_FOUND" {
		t.Errorf("rolling back what is not there: %v", err)
	}
	plan := s.create(s.spec([]string{shop}, []string{virginia}, "shop/us-east-1/l"))
	_, err = s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: plan.GetId()})
	if code, reason := reasonOf(err); code != codes.FailedPrecondition || reason != "WRONG_STATE" {
		t.Errorf("rolling back what never ran: %v", err)
	}
}

// TestConfirmSourceChange holds the old access of a canary that a stack manages until the operator says that the
// stack's template was changed.
func TestConfirmSourceChange(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", ""), `
  - {account: shop, region: eu-west-1, name: by-stack, role: one, tags: {"aws:cloudformation:stack-name": monitoring}, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: by-module, role: two, tags: {module: canaries}, encryption: {mode: SSE_KMS, key: k}}
`))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Policies = &rekeyv1.Policies{ManagedTags: []string{"module"}}
	spec.Waits.RevokeWatch = durationpb.New(0)
	m := s.migrate(spec)
	managed := outcome{State: migrated, Old: held}
	for name, c := range s.canaries(m) {
		if diff := cmp.Diff(managed, outcomes(s.canaries(m))[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		why := c.GetOldAccess().GetHeldBecause()
		if why.GetReason() != rekeyv1.ErrorReason_ERROR_REASON_MANAGED_BY_IAC || !strings.Contains(why.GetNextStep(), s.key("shop/eu-west-1/l")) {
			t.Errorf("%s is held because of %v", name, why)
		}
	}
	if _, err := s.api.ConfirmSourceChange(s.ctx, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: m.GetId(), CanaryNames: []string{"by-stack"}}); err != nil {
		t.Fatal(err)
	}
	s.eventually("the confirmed access to be revoked", func() bool {
		return s.canaries(m)["by-stack"].GetOldAccess().GetState() == revoked
	})
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 0 {
		t.Errorf("%d grants of the confirmed canary's role are left", n)
	}
	if c := s.canaries(m)["by-module"]; c.GetOldAccess().GetState() != held || s.grants("shop/eu-west-1/k", "shop/two") != 1 {
		t.Errorf("what was not confirmed: %v", c.GetOldAccess())
	}
}

// eventually waits for something that no watch tells.
func (s *stack) eventually(what string, is func() bool) {
	s.t.Helper()
	for !is() {
		if s.ctx.Err() != nil {
			s.t.Fatalf("waited in vain for %s", what)
		}
		s.sim.WaitUntil(s.sim.World.Clock.Now().Add(10 * time.Second))
	}
}

// TestRestoresWhatSomebodyMisses revokes old access that nobody is seen to need; when a run is denied it during the
// watch, the access comes back by itself, and is held.
func TestRestoresWhatSomebodyMisses(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: moves, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: other, role: one, encryption: {mode: SSE_S3}}
`))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Selection.NamePatterns = []string{"moves"}
	spec.Waits.RevokeWatch = durationpb.New(40 * time.Minute)
	m := s.create(spec)
	s.approve(m)
	s.eventually("the old access to be removed and watched", func() bool {
		return s.canaries(m)["moves"].GetOldAccess().GetState() == rekeyv1.OldAccessState_OLD_ACCESS_STATE_WATCHED
	})
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 0 {
		t.Errorf("while it is watched there are %d grants on the old key", n)
	}
	_, err := s.owner(ireland).UpdateCanary(s.ctx, &synthetics.UpdateCanaryInput{
		Name: awssdk.String("other"),
		ArtifactConfig: &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{
			EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: awssdk.String(s.key("shop/eu-west-1/k")),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m = s.await(m.GetId(), rested)
	c := s.canaries(m)["moves"]
	if c.GetState() != migrated || c.GetOldAccess().GetState() != held ||
		c.GetOldAccess().GetHeldBecause().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_ACCESS_RESTORED {
		t.Errorf("is %s, its old access %v", c.GetState(), c.GetOldAccess())
	}
	if n := s.grants("shop/eu-west-1/k", "shop/one"); n != 1 {
		t.Errorf("%d grants on the old key, want it restored", n)
	}
}
