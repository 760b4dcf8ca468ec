package conformance

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/awssim/journal"
)

// TestReadingChangesNothing asks what is asked of AWS unless MUTATE is set, of a world that keeps a journal.
func TestReadingChangesNothing(t *testing.T) {
	e := simulated(t, nil)
	e.mutate = false
	asked := 0
	for _, s := range services() {
		for _, f := range s.facts {
			if unaskable(e, f) != "" {
				continue
			}
			asked++
			x := newTrial(t, e, f)
			if f.ask != nil {
				f.ask(x)
			} else {
				f.check(x)
			}
		}
	}
	if asked < 50 {
		t.Errorf("only %d facts are read", asked)
	}
	for _, entry := range e.sim.World.Journal.Since(0) {
		if entry.Kind == journal.Mutation {
			t.Errorf("%s changed %s by %s", entry.Principal, entry.Resource, entry.Action)
		}
	}
}

// TestWhatWouldChangeSomethingIsNotSent tries to mutate where that isn't allowed: by a fact that mutates while MUTATE
// isn't set, and by one that doesn't say that it mutates while it is.
func TestWhatWouldChangeSomethingIsNotSent(t *testing.T) {
	needs := []subject{canary, key, role, bucket}
	for name, tt := range map[string]struct{ mutate, mutates bool }{
		"MUTATE is not set":        {mutates: true},
		"the fact is said to read": {mutate: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := simulated(t, nil)
			e.mutate = tt.mutate
			x := newTrial(t, e, fact{mutates: tt.mutates, needs: needs})
			for what, try := range mutations(x, x.caller) {
				if try() == nil {
					t.Errorf("%s was done", what)
				}
			}
			for what, try := range mutations(x, x.as(role, x.caller)) {
				if try() == nil {
					t.Errorf("%s was done by the role", what)
				}
			}
			for _, entry := range e.sim.World.Journal.Since(0) {
				if entry.Kind != journal.Run {
					t.Errorf("%s was sent", entry.Action)
				}
			}
		})
	}
}

// mutations are requests that would be granted to the caller's account.
func mutations(x *trial, by *caller) map[string]func() error {
	grant := x.grantInput(key, role)
	document := policy(statement{Action: "s3:GetObject"})
	return map[string]func() error{
		"UpdateCanary": func() error {
			_, err := by.synthetics.UpdateCanary(x.ctx, &awssynthetics.UpdateCanaryInput{Name: x.named(canary)})
			return err
		},
		"StopCanary": func() error {
			_, err := by.synthetics.StopCanary(x.ctx, &awssynthetics.StopCanaryInput{Name: x.named(canary)})
			return err
		},
		"StartCanaryDryRun": func() error {
			_, err := by.synthetics.StartCanaryDryRun(x.ctx, &awssynthetics.StartCanaryDryRunInput{Name: x.named(canary)})
			return err
		},
		"CreateGrant": func() error {
			_, err := by.kms.CreateGrant(x.ctx, grant)
			return err
		},
		"PutKeyPolicy": func() error {
			_, err := by.kms.PutKeyPolicy(x.ctx, &awskms.PutKeyPolicyInput{KeyId: x.named(key), Policy: &document})
			return err
		},
		"DescribeKey of an AWS managed key": func() error {
			_, err := by.kms.DescribeKey(x.ctx, &awskms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")})
			return err
		},
		"PutRolePolicy": func() error {
			_, err := by.iam.PutRolePolicy(x.ctx, &awsiam.PutRolePolicyInput{
				RoleName: nameOf(x.id(role)), PolicyName: aws.String(policyName), PolicyDocument: &document,
			})
			return err
		},
		"PutObject": func() error {
			_, err := by.s3.PutObject(x.ctx, &awss3.PutObjectInput{Bucket: x.named(bucket), Key: aws.String("x")})
			return err
		},
	}
}

// TestMutatingTakesTheVariable sees to it that nothing but MUTATE=1 allows changes.
func TestMutatingTakesTheVariable(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "yes": false, "1": true} {
		t.Setenv(variablePrefix+"MUTATE", value)
		e, err := given(t.Context(), "aws")
		if err != nil || e.mutate != want || e.endpoint != "" {
			t.Errorf("MUTATE=%s: mutates: %v, endpoint %q, %v", value, e.mutate, e.endpoint, err)
		}
		if skipped := unaskable(e, fact{mutates: true}) != ""; skipped == want {
			t.Errorf("MUTATE=%s: mutating facts are skipped: %v", value, skipped)
		}
	}
	if _, err := given(t.Context(), "asw"); err == nil {
		t.Error("a misspelt endpoint is taken")
	}
}
