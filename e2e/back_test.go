package e2e

import (
	"slices"
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

// notCancellable checks that a migration that is rolled back, and so in that state, can't be cancelled.
func (s *stack) notCancellable(m *rekeyv1.Migration, state string) {
	s.t.Helper()
	_, err := s.api.CancelMigration(s.ctx, &rekeyv1.CancelMigrationRequest{MigrationId: m.GetId()})
	if code, reason := reasonOf(err); code != codes.FailedPrecondition || reason != "WRONG_STATE" || !strings.Contains(err.Error(), state) {
		s.t.Errorf("cancelling what is %s: %v", state, err)
	}
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
	s := start(t, parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+canaryRole("shop", "three", ""), `
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
	if _, err := s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: m.GetId()}); err != nil {
		t.Fatal(err)
	}
	s.notCancellable(m, "ROLLING_BACK")
	m = s.rollBack(m)
	s.notCancellable(m, "ROLLED_BACK")
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
	s.record("roll-back")
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

// notDescribed keeps the member role from looking at the shop's keys.
var notDescribed = guardrail(`{Effect: Deny, Action: ["kms:DescribeKey"], Resource: ["arn:aws:kms:*:200000000000:key/*"], Condition: {ArnLike: {"aws:PrincipalArn": ["arn:aws:iam::*:role/rekey-member"]}}}`)

// TestRollBackToKeysThatAreNotSeen returns canaries to keys that work, though rekey may not look at them; one of them is
// AWS's own, which no plan would take as a target.
func TestRollBackToKeysThatAreNotSeen(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", ""), `
  - {account: shop, region: eu-west-1, name: not-described, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: of-aws, role: two, encryption: {mode: SSE_KMS, key: k}}
`, notDescribed))
	s.give("of-aws", s.sim.World.KMS.AWSManagedS3Key(shop, ireland))
	spec := s.spec([]string{shop}, []string{ireland}, "central/eu-west-1/l")
	spec.Waits.RevokeWatch = durationpb.New(0)
	before := map[string]*types.Canary{"not-described": s.shown("not-described"), "of-aws": s.shown("of-aws")}
	canaries := s.canaries(s.rollBack(s.migrate(spec)))
	for name, was := range before {
		c := canaries[name]
		if c.GetState() != returned {
			t.Errorf("%s is %s: %v", name, c.GetState(), c.GetProblem())
		}
		if diff := cmp.Diff(was, s.shown(name), unexported); diff != "" {
			t.Errorf("%s is not as it was (-before +after):\n%s", name, diff)
		}
		if len(noticesOf(c, rekeyv1.ErrorReason_ERROR_REASON_KEY_NOT_USABLE)) != 1 {
			t.Errorf("%s has the notices %v, want one that its old key could not be looked at", name, c.GetNotices())
		}
	}
	s.undisturbed()
}

func noticesOf(c *rekeyv1.Canary, reason rekeyv1.ErrorReason) []*rekeyv1.Problem {
	return slices.DeleteFunc(slices.Clone(c.GetNotices()), func(p *rekeyv1.Problem) bool { return p.GetReason() != reason })
}

// give has the owner give a canary another key, and waits until it has it.
func (s *stack) give(name, key string) {
	s.t.Helper()
	_, err := s.owner(ireland).UpdateCanary(s.ctx, &synthetics.UpdateCanaryInput{
		Name: awssdk.String(name),
		ArtifactConfig: &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{
			EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: awssdk.String(key),
		}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.eventually("the owner's update", func() bool { return s.state(name) != "UPDATING" })
}

// TestBaselinesComeBack puts canaries back whose update asked for the next run as the baseline, also those that do not run
// by then: the recorded baseline is in force again, whatever AWS shows of one that it awaits. None of them ignores areas, for
// then a run would be named.
func TestBaselinesComeBack(t *testing.T) {
	for name, hidden := range map[string]string{"shown": "false", "hidden": "true"} {
		t.Run(name, func(t *testing.T) {
			s := start(t, parse(t, canaryRole("shop", "unseen", "")+canaryRole("shop", "one", "")+canaryRole("shop", "two", ""), `
  - {account: shop, region: eu-west-1, name: denied, role: unseen, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: stopped, role: one, state: STOPPED, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: halts, role: two, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: rare, role: one, schedule: "cron(0 3 29 2 ? *)", encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: too-old, role: one, state: STOPPED, last_run_ago: 960h, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
`, unseenDeny, "synthetics: {cron_runs_after_edit: false, pending_baseline_hidden: "+hidden+"}\n"))
			before := map[string]*types.Canary{}
			for _, name := range []string{"denied", "stopped", "halts", "rare"} {
				before[name] = s.shown(name)
			}
			spec := s.spec([]string{shop}, []string{ireland}, "central/eu-west-1/l")
			spec.Policies = &rekeyv1.Policies{
				Baseline: rekeyv1.BaselinePolicy_BASELINE_POLICY_NEXT_RUN, AtRest: rekeyv1.AtRestPolicy_AT_REST_POLICY_UPDATE_UNVERIFIED,
			}
			spec.Waits.RevokeWatch, spec.Waits.RunDeadline = durationpb.New(0), durationpb.New(20*time.Minute)
			m := s.migrate(spec)
			s.halt("halts")
			canaries := s.canaries(s.rollBack(m))
			for name, was := range before {
				c, want := canaries[name], returned
				if name == "rare" {
					want = unverified // no run came in time
				}
				if c.GetState() != want {
					t.Errorf("%s is %s: %v", name, c.GetState(), c.GetProblem())
				}
				if diff := cmp.Diff(was, s.shown(name), unexported); diff != "" {
					t.Errorf("%s is not as it was (-before +after):\n%s", name, diff)
				}
				notices := len(noticesOf(c, rekeyv1.ErrorReason_ERROR_REASON_BASELINE_NOT_CONFIRMED))
				if want := map[string]int{"stopped": 1, "halts": 1}[name]; notices != want {
					t.Errorf("%s has %d notices that no run has compared, want %d", name, notices, want)
				}
			}
			if c := canaries["too-old"]; c.GetState() != unverified || c.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_BASELINE_NOT_CONFIRMED {
				t.Errorf("the one whose baseline can't be named is %s: %v", c.GetState(), c.GetProblem())
			}
			for _, name := range []string{"stopped", "halts"} {
				s.run(name)
			}
			s.sim.WaitUntil(s.sim.World.Clock.Now().Add(12 * time.Minute))
			for name, was := range before {
				if diff := cmp.Diff(was.VisualReferences, s.shown(name).VisualReferences, unexported); diff != "" {
					t.Errorf("%s compares with another baseline once it runs (-before +after):\n%s", name, diff)
				}
			}
		})
	}
}

// halt has the owner stop a canary, and waits until it has.
func (s *stack) halt(name string) {
	s.t.Helper()
	if _, err := s.owner(ireland).StopCanary(s.ctx, &synthetics.StopCanaryInput{Name: awssdk.String(name)}); err != nil {
		s.t.Fatal(err)
	}
	s.eventually("the owner's stop", func() bool { return s.state(name) == "STOPPED" })
}

// run has the owner start a canary.
func (s *stack) run(name string) {
	s.t.Helper()
	if _, err := s.owner(ireland).StartCanary(s.ctx, &synthetics.StartCanaryInput{Name: awssdk.String(name)}); err != nil {
		s.t.Fatal(err)
	}
}

// TestRollBackLeavesWhatWasChangedSince migrates a canary twice, and rolls the first migration back: the canary has what the
// second gave it, which is not the first's to take.
func TestRollBackLeavesWhatWasChangedSince(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: moved-on, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: stayed, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	first := s.migrate(s.only([]string{ireland}, "*"))
	spec := s.spec([]string{shop}, []string{ireland}, "central/eu-west-1/l")
	spec.Selection.NamePatterns = []string{"moved-on"}
	spec.Waits.RevokeWatch = durationpb.New(0)
	second := s.migrate(spec)
	canaries := s.canaries(s.rollBack(first))
	c := canaries["moved-on"]
	if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_FAILED || c.GetProblem().GetReason() != rekeyv1.ErrorReason_ERROR_REASON_CANARY_CHANGED {
		t.Errorf("by the first migration it is %s: %v", c.GetState(), c.GetProblem())
	}
	if state := canaries["stayed"].GetState(); state != returned {
		t.Errorf("the other canary is %s", state)
	}
	if c := s.canaries(second)["moved-on"]; c.GetState() != migrated {
		t.Errorf("by the second migration it is %s", c.GetState())
	}
	if got := awssdk.ToString(s.shown("moved-on").ArtifactConfig.S3Encryption.KmsKeyArn); got != s.key("central/eu-west-1/l") {
		t.Errorf("it has the key %s", got)
	}
	if n := s.grants("central/eu-west-1/l", "shop/one"); n != 1 {
		t.Errorf("%d grants on the key that it uses, want 1", n)
	}
	s.undisturbed()
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
	s.eventually("the old access to be removed, and watched", func() bool {
		state := s.canaries(m)["moves"].GetOldAccess().GetState()
		return state == rekeyv1.OldAccessState_OLD_ACCESS_STATE_WATCHED && s.grants("shop/eu-west-1/k", "shop/one") == 0
	})
	s.give("other", s.key("shop/eu-west-1/k"))
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
