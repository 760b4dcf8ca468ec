package e2e

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// act is something that somebody does, or that happens, at a time after the beginning of the world.
type act struct {
	at   time.Duration
	what string
	do   func(p *play)
}

// script is all that happens to a fleet.
type script struct {
	specs []*rekeyv1.MigrationSpec
	acts  []act
	back  []int // the migrations that are rolled back when all rest
}

// randomScript is up to three migrations that overlap in their time and often in their canaries, and what goes wrong
// meanwhile.
func randomScript(s *stack, dice *rand.Rand, f *fleet.Fleet) *script {
	w := &script{}
	for i := range oneOf(dice, 1, 2, 2, 3) {
		w.specs = append(w.specs, randomSpec(s, dice))
		w.migration(dice, i)
	}
	for range dice.IntN(4) {
		rule := randomFault(dice)
		w.add(span(dice, 0, 4*time.Minute), "faults of "+rule.Service+" "+rule.Operation, func(p *play) { p.faults(rule) })
	}
	for range dice.IntN(2) {
		c := oneOf(dice, f.Canaries...)
		arn := "arn:aws:synthetics:" + c.Region + ":" + shop + ":canary:" + c.Name
		from := span(dice, 0, 4*time.Minute)
		w.add(from, "the site of "+c.Name+" goes down", func(p *play) { p.site(arn, true) })
		w.add(from+span(dice, time.Minute, 4*time.Minute), "the site of "+c.Name+" is up", func(p *play) { p.site(arn, false) })
	}
	for range dice.IntN(3) {
		// Away from every key: an edit towards one could come between the look and the removal, and nobody could know.
		c := oneOf(dice, f.Canaries...)
		w.add(span(dice, 0, 4*time.Minute), "the owner gives "+c.Name+" SSE-S3", func(p *play) { p.leaveKey(c.Name, c.Region) })
	}
	if chance(dice, 25) {
		w.add(span(dice, 30*time.Second, 4*time.Minute), "the worker restarts", (*play).restart)
	}
	slices.SortStableFunc(w.acts, func(a, b act) int { return int(a.at - b.at) })
	return w
}

func (w *script) add(at time.Duration, what string, do func(*play)) {
	w.acts = append(w.acts, act{at, what, do})
}

// migration adds what is done to the i-th migration.
func (w *script) migration(dice *rand.Rand, i int) {
	name := string(rune('A' + i))
	at := span(dice, 0, 90*time.Second)
	w.add(at, "create "+name, func(p *play) { p.create(i) })
	if chance(dice, 25) {
		at += span(dice, 0, 2*time.Minute) // the plan is not fresh any more when it is approved
	}
	w.add(at, "approve "+name, func(p *play) { p.approve(i) })
	at += span(dice, 5*time.Second, 4*time.Minute)
	switch n := dice.IntN(10); {
	case n < 2:
		w.add(at, "cancel "+name, func(p *play) { p.cancel(i) })
	case n < 4:
		cell := oneOf(dice, ireland, ireland, virginia)
		w.add(at, "terminate "+name+" in "+cell, func(p *play) { p.terminate(i, cell) })
		w.add(at, "cancel "+name, func(p *play) { p.cancel(i) }) // so that it notices
	case n < 5:
		w.add(at, "confirm "+name, func(p *play) { p.confirm(i) })
	case n < 7:
		w.back = append(w.back, i)
	case n < 8:
		w.add(at, "roll back "+name, func(p *play) { p.rollBack(i) })
	}
}

// randomSpec selects a part of the fleet for a target, by policies that are drawn too.
func randomSpec(s *stack, dice *rand.Rand) *rekeyv1.MigrationSpec {
	spec := s.spec([]string{shop}, oneOf(dice, []string{ireland}, []string{ireland, virginia}, []string{ireland, virginia}))
	spec.Selection.NamePatterns = oneOf(dice, []string{"a-*"}, []string{"b-*"}, []string{"a-*", "b-*"})
	spec.Target = randomTarget(s, dice)
	spec.Policies = &rekeyv1.Policies{
		Access:                rekeyv1.AccessPolicy(dice.IntN(5)), // all but to use what exists
		DryRun:                oneOf(dice, rekeyv1.DryRunPolicy_DRY_RUN_POLICY_WHEN_POSSIBLE, rekeyv1.DryRunPolicy_DRY_RUN_POLICY_NEVER),
		Baseline:              oneOf(dice, rekeyv1.BaselinePolicy_BASELINE_POLICY_KEEP, rekeyv1.BaselinePolicy(dice.IntN(4))),
		AtRest:                rekeyv1.AtRestPolicy(dice.IntN(5)),
		RemoveForeignPolicies: chance(dice, 50),
	}
	if chance(dice, 30) {
		for _, region := range []string{ireland, virginia} {
			spec.Policies.RetiredKmsKeyArns = append(spec.Policies.RetiredKmsKeyArns, s.key("shop/"+region+"/k"))
		}
	}
	spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: int32(1 + dice.IntN(4))} //nolint:gosec // it is small
	spec.Waits.AccessSettle = durationpb.New(span(dice, 15*time.Second, time.Minute))
	spec.Waits.RunDeadline = durationpb.New(span(dice, 8*time.Minute, 20*time.Minute))
	spec.Waits.RevokeWatch = durationpb.New(oneOf(dice, 0, 2*time.Minute, 5*time.Minute))
	return spec
}

// randomTarget is an encryption, often under a key that other canaries leave.
func randomTarget(s *stack, dice *rand.Rand) *rekeyv1.Target {
	target := &rekeyv1.Target{}
	switch n := dice.IntN(10); {
	case n < 8:
		target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS
		key := oneOf(dice, "shop/%s/l", "shop/%s/l", "shop/%s/k", "central/%s/l")
		for _, region := range []string{ireland, virginia} {
			target.KmsKeyArns = append(target.KmsKeyArns, s.key(strings.Replace(key, "%s", region, 1)))
		}
	case n < 9:
		target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3
	default:
		target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED
	}
	if chance(dice, 15) {
		target.ArtifactLocation = "s3://" + elsewhere("{region}") + "/moved/{name}"
	}
	return target
}

// randomFault ends by itself after a few calls: what waits for it does so in real time.
func randomFault(dice *rand.Rand) fault.Rule {
	rule := oneOf(dice,
		fault.Rule{Service: "kms", Throttle: 0.3},
		fault.Rule{Service: "kms", Operation: "CreateGrant", FailAfter: 0.7},
		fault.Rule{Service: "kms", Operation: "RevokeGrant", FailAfter: 0.7},
		fault.Rule{Service: "iam", FailAfter: 0.3},
		fault.Rule{Service: "synthetics", FailBefore: 0.3},
		fault.Rule{Service: "synthetics", Operation: "UpdateCanary", FailAfter: 0.7},
		fault.Rule{Service: "synthetics", Operation: "DescribeCanaries", Region: virginia, FailBefore: 1},
		fault.Rule{Service: "s3", FailBefore: 0.5},
		fault.Rule{Service: "account", FailBefore: 1},
		fault.Rule{Expire: 0.2},
	)
	rule.Times = int64(1 + dice.IntN(8))
	return rule
}
