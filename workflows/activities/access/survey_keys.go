package access

import (
	"context"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/policydoc"
)

// keyView is what was read of a key.
type keyView struct {
	keys
	policy *policydoc.Document
	// noPolicy is why the policy could not be read, noGrants why the grants could not be listed.
	noPolicy, noGrants *workflows.Problem
	grants             []types.GrantListEntry // all of the key's, where whole is set; else those of the roles asked for
	whole, many        bool                   // many is set where the first page of them was not all
	asked              []string               // roles
}

// key reads a key's policy, once.
func (v *view) key(ctx context.Context, keyARN string) (*keyView, error) {
	if known, ok := v.keys[keyARN]; ok {
		return known, nil
	}
	k := &keyView{keys: v.a.keys(v.cell, keyARN)}
	if err := k.readPolicy(ctx, v.a); err != nil {
		return nil, err
	}
	v.keys[keyARN] = k
	return k, nil
}

// readPolicy reads the policy with the credentials of the key's account: KMS answers it there only (KMS API,
// GetKeyPolicy, cross-account use: no). Where that account can't be entered, the policy is not known.
func (k *keyView) readPolicy(ctx context.Context, a *Activities) error {
	owner := a.keys(workflows.Cell{Account: arn.Account(k.arn), Region: arn.Region(k.arn)}, k.arn)
	text, err := owner.policyText(ctx)
	if err == nil {
		k.understand(text)
		return nil
	}
	problem, retry := aws.Classify(owner.call("kms:GetKeyPolicy"), err)
	if awaits(problem, retry, !k.isForeign()) {
		return failure.Retry(problem, 0)
	}
	k.noPolicy = problem
	return nil
}

func (k *keyView) understand(text string) {
	doc, err := policydoc.Parse(text)
	if err != nil {
		k.noPolicy = &workflows.Problem{Reason: workflows.Internal, Message: "the key's policy can't be understood: " + err.Error()}
		return
	}
	k.policy = &doc
}

func (k keys) policyText(ctx context.Context) (string, error) {
	out, err := k.api.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: awssdk.String(k.arn), PolicyName: awssdk.String("default")})
	if err != nil {
		return "", err
	}
	return awssdk.ToString(out.Policy), nil
}

// delegatesTo reports whether the key's policy leaves some use of the key to the policies of a principal's account, or
// may: also where it is not known.
func (k *keyView) delegatesTo(principal string) bool {
	return k.policy == nil || slices.ContainsFunc(actions, func(action string) bool {
		effect := k.policy.Delegation(arn.Account(principal), policydoc.Request{
			Principal: principal, Action: action, Resource: k.arn, Context: k.throughS3(principal),
		}).Effect
		return effect == policydoc.Allow || effect == policydoc.Doubtful
	})
}

// grantsOf are the grants whose grantee is the role; none where they can't be listed, with the reason kept.
func (k *keyView) grantsOf(ctx context.Context, role string) ([]types.GrantListEntry, error) {
	if err := k.learn(ctx, role); err != nil {
		return nil, err
	}
	var list []types.GrantListEntry
	for _, g := range k.grants {
		if isOf(g, role) {
			list = append(list, g)
		}
	}
	return list, nil
}

// learn lists what is not known yet of the grants to a role. A call for a page of all grants is tried first, since most keys have
// no more than that; of a key that has, each role's are asked for.
func (k *keyView) learn(ctx context.Context, role string) error {
	if !k.whole && !k.many && k.noGrants == nil {
		if err := k.tryWhole(ctx); err != nil {
			return err
		}
	}
	if known := k.whole || k.noGrants != nil || slices.Contains(k.asked, role); !known {
		found, _, err := k.keys.grants(ctx, role)
		k.asked = append(k.asked, role)
		return k.take(found, err)
	}
	return nil
}

func (k *keyView) tryWhole(ctx context.Context) error {
	found, all, err := k.keys.firstGrants(ctx)
	k.whole, k.many = all, !all
	return k.take(found, err)
}

// allGrants are all grants on the key.
func (k *keyView) allGrants(ctx context.Context) ([]types.GrantListEntry, error) {
	if !k.whole && k.noGrants == nil {
		k.grants = nil
		found, _, err := k.keys.grants(ctx, "")
		if err := k.take(found, err); err != nil {
			return nil, err
		}
		k.whole = true
	}
	return k.grants, nil
}

// take keeps grants that were listed, or why they could not be. A key that is gone has none.
func (k *keyView) take(found []types.GrantListEntry, err error) error {
	if err == nil || aws.IsMissing(err) {
		k.grants = append(k.grants, found...)
		return nil
	}
	problem, retry := aws.Classify(k.call("kms:ListGrants"), err)
	if retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal {
		return failure.Classified(problem, retry)
	}
	k.noGrants = problem
	return nil
}

func isOf(g types.GrantListEntry, role string) bool {
	return awssdk.ToString(g.GranteePrincipal) == role
}

// throughS3 is what is known of KMS's requests when S3 makes them for a role (S3 User Guide, UsingKMSEncryption): all of
// it, but for the encryption context, which names the object.
func (k keys) throughS3(role string) policydoc.Context {
	return policydoc.Context{
		"kms:viaservice":             {"s3." + k.cell.Region + ".amazonaws.com"},
		"kms:calleraccount":          {arn.Account(role)},
		"aws:principalarn":           {role},
		"aws:principalaccount":       {arn.Account(role)},
		"kms:grantisforawsresource":  {"false"},
		"aws:sourceaccount":          nil,
		"aws:sourcearn":              nil,
		"kms:encryptioncontextkeys":  {"aws:s3:arn"},
		"aws:multifactorauthpresent": nil,
	}
}
