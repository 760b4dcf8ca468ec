package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// TestCanariesAtRest has one of each kind that would not run by itself, under each policy for them.
func TestCanariesAtRest(t *testing.T) {
	const canaries = `
  - {account: shop, region: eu-west-1, name: stopped, role: one, state: STOPPED, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: ready, role: one, state: READY, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: once, role: one, state: STOPPED, schedule: rate(0 minute), runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: rare, role: one, schedule: "cron(0 3 29 2 ? *)", runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
`
	skip := func(r rekeyv1.ErrorReason) outcome { return outcome{State: skipped, Reason: r} }
	stopped := skip(rekeyv1.ErrorReason_ERROR_REASON_CANARY_STOPPED)
	tooFar := skip(rekeyv1.ErrorReason_ERROR_REASON_NEXT_RUN_TOO_FAR)
	open := outcome{State: unverified, Reason: rekeyv1.ErrorReason_ERROR_REASON_UPDATED_UNVERIFIED, Old: held}
	for policy, test := range map[rekeyv1.AtRestPolicy]struct {
		want   map[string]outcome
		states map[string]string
	}{
		rekeyv1.AtRestPolicy_AT_REST_POLICY_SKIP: {
			map[string]outcome{"stopped": stopped, "ready": stopped, "once": skip(rekeyv1.ErrorReason_ERROR_REASON_RUNS_ONCE), "rare": tooFar},
			map[string]string{"stopped": "STOPPED", "ready": "READY"},
		},
		rekeyv1.AtRestPolicy_AT_REST_POLICY_RUN_ONCE: {
			map[string]outcome{"stopped": {State: migrated, Old: held}, "ready": {State: migrated, Old: held}, "once": {State: migrated, Old: held}, "rare": tooFar},
			map[string]string{"stopped": "STOPPED", "ready": "STOPPED", "once": "STOPPED"},
		},
		rekeyv1.AtRestPolicy_AT_REST_POLICY_UPDATE_UNVERIFIED: {
			map[string]outcome{"stopped": open, "ready": open, "once": open, "rare": open},
			map[string]string{"stopped": "STOPPED", "ready": "READY", "rare": "RUNNING"},
		},
	} {
		t.Run(suffix(policy, "AT_REST_POLICY_"), func(t *testing.T) {
			s := start(t, parse(t, canaryRole("shop", "one", ""), canaries, "synthetics: {cron_runs_after_edit: false}\n"))
			spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
			spec.Policies = &rekeyv1.Policies{AtRest: policy}
			spec.Waits.RevokeWatch = durationpb.New(0)
			m := s.create(spec)
			if m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL {
				s.approve(m)
				m = s.await(m.GetId(), rested)
			}
			got := s.canaries(m)
			if diff := cmp.Diff(test.want, outcomes(got)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
				for name, c := range got {
					t.Logf("%s: %v %v", name, c.GetProblem(), c.GetOldAccess())
				}
			}
			for name, want := range test.states {
				if is := s.state(name); is != want {
					t.Errorf("%s is %s, want %s", name, is, want)
				}
			}
			s.undisturbed()
		})
	}
}

// TestCanaryThatCannotBeStoppedAgain starts a canary for a run where nobody lets rekey stop it: it is migrated, and the report
// tells that it runs.
func TestCanaryThatCannotBeStoppedAgain(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: stopped, role: one, state: STOPPED, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
`, guardrail(`{Effect: Deny, Action: ["synthetics:StopCanary"], Resource: ["*"]}`)))
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Policies = &rekeyv1.Policies{AtRest: rekeyv1.AtRestPolicy_AT_REST_POLICY_RUN_ONCE}
	m := s.create(spec)
	s.approve(m)
	m = s.await(m.GetId(), rested)
	c := s.canaries(m)["stopped"]
	told := slices.ContainsFunc(c.GetNotices(), func(p *rekeyv1.Problem) bool {
		return p.GetReason() == rekeyv1.ErrorReason_ERROR_REASON_CANARY_LEFT_RUNNING && p.GetMetadata()["canary_state"] == "RUNNING" && p.GetNextStep() == "Stop the canary by hand."
	})
	if c.GetState() != migrated || !told || s.state("stopped") != "RUNNING" {
		t.Errorf("it is %s and %s, %v", c.GetState(), s.state("stopped"), c.GetNotices())
	}
	if n := m.GetProgress().GetByHand(); n != 1 {
		t.Errorf("the migration counts %d to be seen to by hand", n)
	}
}

// TestTargets names the key by an alias and by a template, which the plan resolves to key ARNs.
func TestTargets(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: ireland, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: virginia, role: one, encryption: {mode: SSE_KMS, key: k}}
`))
	for name, test := range map[string]struct {
		target            *rekeyv1.Target
		ireland, virginia string
	}{
		"alias":    {&rekeyv1.Target{KmsAlias: "alias/l"}, "shop/eu-west-1/l", "shop/us-east-1/l"},
		"template": {&rekeyv1.Target{KmsKeyTemplate: "arn:aws:kms:{region}:" + central + ":alias/l"}, "central/eu-west-1/l", "central/us-east-1/l"},
	} {
		spec := s.spec([]string{shop}, []string{ireland, virginia})
		spec.Target = test.target
		spec.Target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS
		canaries := s.canaries(s.create(spec))
		for canary, key := range map[string]string{"ireland": test.ireland, "virginia": test.virginia} {
			if got := canaries[canary].GetTo().GetKmsKeyArn(); got != s.key(key) {
				t.Errorf("by %s, %s is to go to %s, want %s", name, canary, got, s.key(key))
			}
		}
	}
}

// TestBadTargets asks for what can't be: each has a reason when the plan is made, and nothing is changed.
func TestBadTargets(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: wanted, role: one, encryption: {mode: SSE_KMS, key: k}}
`, ""))
	key := s.key("shop/eu-west-1/l")
	missing := key[:len(key)-12] + "000000000000"
	kms := rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS
	for name, test := range map[string]struct {
		target *rekeyv1.Target
		reason rekeyv1.ErrorReason
	}{
		"a key that doesn't exist":        {&rekeyv1.Target{Mode: kms, KmsKeyArns: []string{missing}}, rekeyv1.ErrorReason_ERROR_REASON_KEY_NOT_USABLE},
		"a key of another Region":         {&rekeyv1.Target{Mode: kms, KmsKeyArns: []string{s.key("shop/us-east-1/l")}}, rekeyv1.ErrorReason_ERROR_REASON_NO_KEY_FOR_REGION},
		"an alias that doesn't exist":     {&rekeyv1.Target{Mode: kms, KmsAlias: "alias/none"}, rekeyv1.ErrorReason_ERROR_REASON_KEY_NOT_USABLE},
		"a template into another Region":  {&rekeyv1.Target{Mode: kms, KmsKeyTemplate: "arn:aws:kms:us-east-1:{account}:alias/l"}, rekeyv1.ErrorReason_ERROR_REASON_KEY_IN_WRONG_REGION},
		"a template with an unknown name": {&rekeyv1.Target{Mode: kms, KmsKeyTemplate: "arn:aws:kms:{region}:{owner}:alias/l"}, rekeyv1.ErrorReason_ERROR_REASON_KEY_NOT_USABLE},
		"a disabled key":                  {&rekeyv1.Target{Mode: kms, KmsKeyArns: []string{s.key("shop/eu-west-1/disabled")}}, rekeyv1.ErrorReason_ERROR_REASON_KEY_NOT_USABLE},
		"an asymmetric key":               {&rekeyv1.Target{Mode: kms, KmsKeyArns: []string{s.key("shop/eu-west-1/signing")}}, rekeyv1.ErrorReason_ERROR_REASON_KEY_NOT_USABLE},
		"a bucket that doesn't exist":     {&rekeyv1.Target{ArtifactLocation: "s3://no-such-bucket/{name}"}, rekeyv1.ErrorReason_ERROR_REASON_LOCATION_NOT_USABLE},
		"a location with an unknown name": {&rekeyv1.Target{ArtifactLocation: "s3://bucket/{owner}"}, rekeyv1.ErrorReason_ERROR_REASON_LOCATION_NOT_USABLE},
	} {
		spec := s.spec([]string{shop}, []string{ireland})
		spec.Target = test.target
		c := s.canaries(s.create(spec))["wanted"]
		if c.GetState() != blocked || c.GetProblem().GetReason() != test.reason || c.GetProblem().GetNextStep() == "" {
			t.Errorf("%s: %s, %v", name, c.GetState(), c.GetProblem())
		}
	}
	for _, e := range s.sim.World.Journal.Since(0) {
		if e.Kind == "mutation" && e.Action != "sts:AssumeRole" {
			t.Errorf("something was changed: %v", e)
		}
	}
	s.sim.WaitUntil(s.sim.World.Clock.Now().Add(time.Minute))
	s.undisturbed()
}
