package conformance

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func kms() []fact {
	return joined(grantFacts(), listFacts(), keyStateFacts(), keyPolicyFacts(), authorityFacts(), crossAccountFacts())
}

// The codes of the API model.
const (
	keyNotFound  = "NotFoundException"
	wouldSucceed = "DryRunOperationException"
	disabled     = "DisabledException"
	invalidState = "KMSInvalidStateException"
	malformed    = "MalformedPolicyDocumentException"
	overLimit    = "LimitExceededException"
)

func grantFacts() []fact {
	return []fact{
		{
			name: "NamedGrantIsMadeOnce", status: confirmed, mutates: true, needs: []subject{key, role}, source: "API_CreateGrant, Name",
			check: func(x *trial) {
				first, again := x.grant(x.caller, key, role), x.grant(x.caller, key, role)
				if *again.GrantId != *first.GrantId {
					x.Error("the same request made another grant")
				}
				if *again.GrantToken == *first.GrantToken {
					x.Error("the tokens are the same")
				}
			},
		},
		{
			name: "NamelessGrantIsMadeEveryTime", status: confirmed, mutates: true, needs: []subject{key, role}, source: "API_CreateGrant, Name",
			check: func(x *trial) {
				nameless := func(in *awskms.CreateGrantInput) { in.Name = nil }
				if a, b := x.grant(x.caller, key, role, nameless), x.grant(x.caller, key, role, nameless); *a.GrantId == *b.GrantId {
					x.Error("the second request made no other grant")
				}
			},
		},
		{
			name: "SameNameWithOtherPropertiesIsAnotherGrant", status: inferred, mutates: true, needs: []subject{key, role},
			source: "API_CreateGrant, Name, which speaks of identical parameters",
			check: func(x *trial) {
				less := func(in *awskms.CreateGrantInput) { in.Operations = in.Operations[:1] }
				if a, b := x.grant(x.caller, key, role), x.grant(x.caller, key, role, less); *a.GrantId == *b.GrantId {
					x.Error("other operations made no other grant")
				}
			},
		},
		{
			name: "DryRunOfCreateGrantSucceedsByException", status: inferred, needs: []subject{key, role},
			source: "API_CreateGrant, DryRunOperationException",
			check: func(x *trial) {
				x.refused(x.dryGrant(x.caller, key, role), wouldSucceed)
			},
		},
		{
			name: "DryRunTestsTheCaller", status: confirmed, needs: []subject{key, role}, source: "API_CreateGrant, DryRun",
			check: func(x *trial) {
				err := x.dryGrant(x.as(role, x.caller), key, role)
				x.refused(err, accessDenied)
				x.status(err, http.StatusBadRequest)
			},
		},
		{
			name: "GranteeMustExist", status: confirmed, needs: []subject{key, role}, source: "API_CreateGrant, InvalidArnException",
			check: func(x *trial) {
				x.refused(x.dryGrant(x.caller, key, role, func(in *awskms.CreateGrantInput) {
					in.GranteePrincipal = aws.String(x.id(role) + "-of-nobody")
				}), "InvalidArnException")
			},
		},
		{
			name: "NamesHaveNoSpaces", status: confirmed, needs: []subject{key, role}, source: "API model, GrantNameType",
			check: func(x *trial) {
				x.refused(x.dryGrant(x.caller, key, role, func(in *awskms.CreateGrantInput) { in.Name = aws.String("a b") }), validation)
			},
		},
		{
			name: "OperationsMustSuitTheKey", status: confirmed, needs: []subject{key, role}, source: "API_CreateGrant, Operations",
			check: func(x *trial) {
				x.refused(x.dryGrant(x.caller, key, role, func(in *awskms.CreateGrantInput) {
					in.Operations = []types.GrantOperation{types.GrantOperationSign}
				}), validation)
			},
		},
		{
			name: "GrantsOverTheQuotaAreLimitExceeded", status: confirmed, needs: []subject{fullKey, role},
			source: "API_CreateGrant, LimitExceededException",
			check:  func(x *trial) { x.refused(x.dryGrant(x.caller, fullKey, role), overLimit) },
		},
		{
			name: "GrantTokenWorksAtOnce", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "AWS KMS Developer Guide, grants: eventual consistency",
			check: func(x *trial) {
				x.must(x.uses(x.as(role, x.caller), key, *x.grant(x.caller, key, role).GrantToken))
			},
		},
		{
			name: "GrantToARoleReachesItsSessionsWithinFiveMinutes", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "AWS KMS Developer Guide, grants: eventual consistency; EC2 Auto Scaling User Guide, key policies",
			check: func(x *trial) {
				x.grant(x.caller, key, role)
				x.comesToUse(x.as(role, x.caller), key)
			},
		},
		{
			name: "RevokedGrantEndsWithinFiveMinutes", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "AWS KMS Developer Guide, grants: eventual consistency",
			check: func(x *trial) {
				made, grantee := x.grant(x.caller, key, role), x.as(role, x.caller)
				x.comesToUse(grantee, key)
				_, err := x.kms.RevokeGrant(x.ctx, &awskms.RevokeGrantInput{KeyId: x.named(key), GrantId: made.GrantId})
				x.must(err)
				x.eventually(propagation, "the role may not use the key any more", func() bool {
					return code(x.uses(grantee, key)) == accessDenied
				})
			},
		},
		{
			name: "EncryptionContextConstraintIsExact", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "API_GrantConstraints", check: contextConstraint,
		},
		{
			name: "RetiringPrincipalNeedsNoPermission", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "AWS KMS Developer Guide, retiring and revoking grants",
			check: func(x *trial) {
				made := x.grant(x.caller, key, role, func(in *awskms.CreateGrantInput) { in.RetiringPrincipal = in.GranteePrincipal })
				x.eventually(propagation, "the retiring principal retires the grant", func() bool {
					_, err := x.as(role, x.caller).kms.RetireGrant(x.ctx, &awskms.RetireGrantInput{KeyId: x.named(key), GrantId: made.GrantId})
					return err == nil
				})
			},
		},
		{
			name: "IssuingAccountMayRetire", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "AWS KMS Developer Guide, retiring and revoking grants",
			check: func(x *trial) {
				_, err := x.kms.RetireGrant(x.ctx, &awskms.RetireGrantInput{GrantToken: x.grant(x.caller, key, role).GrantToken})
				x.must(err)
			},
		},
		{
			name: "RevokeOfAGoneGrantIsNotFound", status: inferred, mutates: true, needs: []subject{key, role},
			source: "API_RevokeGrant, Errors",
			check: func(x *trial) {
				in := &awskms.RevokeGrantInput{KeyId: x.named(key), GrantId: x.grant(x.caller, key, role).GrantId}
				_, err := x.kms.RevokeGrant(x.ctx, in)
				x.must(err)
				x.eventually(propagation, "the grant is gone", func() bool {
					_, err := x.kms.RevokeGrant(x.ctx, in)
					return code(err) == keyNotFound || code(err) == "InvalidGrantIdException"
				})
			},
		},
	}
}

// dryGrant asks whether a grant could be made; it never is.
func (x *trial) dryGrant(by *caller, on, to subject, change ...func(*awskms.CreateGrantInput)) error {
	in := x.grantInput(on, to)
	in.DryRun = aws.Bool(true)
	for _, f := range change {
		f(in)
	}
	_, err := by.kms.CreateGrant(x.ctx, in)
	return err
}

func contextConstraint(x *trial) {
	right, wrong := map[string]string{"purpose": "a"}, map[string]string{"purpose": "A"}
	made := x.grant(x.caller, key, role, func(in *awskms.CreateGrantInput) {
		in.Constraints = &types.GrantConstraints{EncryptionContextEquals: right}
	})
	grantee := x.as(role, x.caller)
	generate := func(context map[string]string) error {
		_, err := grantee.kms.GenerateDataKey(x.ctx, &awskms.GenerateDataKeyInput{
			KeyId: x.named(key), KeySpec: types.DataKeySpecAes256, EncryptionContext: context, GrantTokens: []string{*made.GrantToken},
		})
		return err
	}
	x.must(generate(right))
	x.refused(generate(wrong), accessDenied)
	x.refused(generate(nil), accessDenied)
}

func listFacts() []fact {
	return []fact{
		{
			name: "GrantsAreListedAsTheyWereMade", status: confirmed, mutates: true, needs: []subject{key, role}, source: "API_GrantListEntry",
			check: func(x *trial) {
				made := x.grant(x.caller, key, role)
				var found *types.GrantListEntry
				x.eventually(propagation, "the grant is listed", func() bool {
					out, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(key), GranteePrincipal: x.named(role)})
					x.must(err)
					for i := range out.Grants {
						if *out.Grants[i].GrantId == *made.GrantId {
							found = &out.Grants[i]
						}
					}
					return found != nil
				})
				if *found.Name != policyName || *found.GranteePrincipal != x.id(role) || found.CreationDate == nil ||
					len(found.Operations) != 2 || found.IssuingAccount == nil {
					x.Errorf("%s", text(found))
				}
			},
		},
		{
			name: "ListGrantsFindsOneById", status: confirmed, mutates: true, needs: []subject{key, role}, source: "API_ListGrants, GrantId",
			check: func(x *trial) {
				made := x.grant(x.caller, key, role)
				x.eventually(propagation, "the grant is listed", func() bool {
					out, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(key), GrantId: made.GrantId})
					return err == nil && len(out.Grants) == 1
				})
			},
		},
		{
			name: "ListGrantsPagesByAHundred", status: confirmed, needs: []subject{key}, source: "API_ListGrants, Limit",
			check: func(x *trial) {
				_, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(key), Limit: aws.Int32(101)})
				x.refused(err, validation)
				out, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(key), Limit: aws.Int32(1)})
				x.must(err)
				if len(out.Grants) > 1 || out.Truncated != (out.NextMarker != nil) {
					x.Errorf("%d grants, truncated: %v", len(out.Grants), out.Truncated)
				}
			},
		},
		{
			name: "MissingKeysAreNotFound", status: confirmed, needs: []subject{key}, source: "API_DescribeKey, NotFoundException",
			check: func(x *trial) {
				arn := x.id(key)
				_, err := x.kms.DescribeKey(x.ctx, &awskms.DescribeKeyInput{KeyId: aws.String(arn[:len(arn)-12] + "ffffffffffff")})
				x.refused(err, keyNotFound)
			},
		},
	}
}
