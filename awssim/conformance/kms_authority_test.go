package conformance

import (
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"

	"rekey/awssim/fleet"
)

const evaluation = "AWS KMS Developer Guide, policy evaluation"

func authorityFacts() []fact {
	return []fact{
		{
			name: "PermissionsAreNeverImplicit", status: confirmed, needs: []subject{key, role}, source: evaluation,
			check: func(x *trial) { x.refused(x.uses(x.as(role, x.caller), key), accessDenied) },
		},
		{
			name: "RolePolicyWorksWhereTheKeyPolicyDelegates", status: confirmed, mutates: true, needs: []subject{key, role}, source: evaluation,
			check: func(x *trial) {
				x.allowRole(x.useKey(key))
				x.comesToUse(x.as(role, x.caller), key)
			},
		},
		{
			name: "RolePolicyIsNothingWhereTheKeyPolicyDoesNotDelegate", status: confirmed, mutates: true,
			needs: []subject{key, undelegatedKey, role}, source: "AWS KMS Developer Guide, default key policy",
			check: func(x *trial) {
				x.allowRole(x.useKey(undelegatedKey), x.useKey(key))
				as := x.as(role, x.caller)
				x.comesToUse(as, key)
				x.refused(x.uses(as, undelegatedKey), accessDenied)
			},
		},
		{
			name: "KeyPolicyAloneSufficesInItsAccount", status: confirmed, mutates: true, needs: []subject{key, role}, source: evaluation,
			check: func(x *trial) {
				x.must(x.putKeyPolicy(x.withStatement(x.statementFor(role, "kms:GenerateDataKey"))))
				x.comesToUse(x.as(role, x.caller), key)
			},
		},
		{
			name: "ExplicitDenyBeatsAGrant", status: confirmed, mutates: true, needs: []subject{key, role}, source: evaluation,
			check: func(x *trial) {
				x.grant(x.caller, key, role)
				as := x.as(role, x.caller)
				x.comesToUse(as, key)
				x.allowRole(statement{Effect: "Deny", Action: "kms:GenerateDataKey"})
				x.eventually(propagation, "the role may not use the key any more", func() bool {
					return code(x.uses(as, key)) == accessDenied
				})
			},
		},
		{
			name: "ServiceControlPolicyBeatsAGrant", status: confirmed, needs: []subject{guardedProfile, guardedKey, guardedRole}, source: evaluation,
			check: func(x *trial) {
				x.refused(x.uses(x.as(guardedRole, x.profiled(x.id(guardedProfile))), guardedKey), accessDenied)
			},
		},
		{
			name: "GuardrailAgainstDirectGrantsRefusesThem", status: confirmed, needs: []subject{guardedProfile, guardedKey, guardedRole},
			source: "Control Tower Controls Reference, CT.KMS.PV.1",
			check: func(x *trial) {
				x.refused(x.dryGrant(x.profiled(x.id(guardedProfile)), guardedKey, guardedRole), accessDenied)
			},
		},
		{
			name: "GrantIsForAWSResourceKeepsDirectCallersOut", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "AWS KMS Developer Guide, condition keys", check: forAWSResources,
		},
		{
			name: "BoundaryLimitsARoleThatAKeyPolicyNames", status: confirmed, mutates: true, needs: []subject{key, boundedRole},
			source: "IAM User Guide, permissions boundaries",
			check: func(x *trial) {
				x.must(x.putKeyPolicy(x.withStatement(x.statementFor(boundedRole, "kms:GenerateDataKey"))))
				x.staysWithout(x.as(boundedRole, x.caller), key)
			},
		},
		{
			name: "GrantIgnoresABoundary", status: unconfirmed, mutates: true, needs: []subject{key, boundedRole},
			source:   "no source says so",
			question: worldSwitch("grants_ignore_boundary", func(w *fleet.World) *bool { return &w.GrantsIgnoreBoundary }),
			ask: func(x *trial) bool {
				x.grant(x.caller, key, boundedRole)
				return x.usesInTime(x.as(boundedRole, x.caller), key)
			},
		},
		{
			name: "GrantSurvivesItsRole", status: unconfirmed, needs: []subject{key, recreatedRole},
			source:   "trust and key policies name a role by its unique id; of grants no source says so",
			question: worldSwitch("grants_survive_role_recreation", func(w *fleet.World) *bool { return &w.GrantsSurviveRoleRecreation }),
			ask:      func(x *trial) bool { return x.uses(x.as(recreatedRole, x.caller), key) == nil },
		},
	}
}

// usesInTime says whether the caller may use the key once everything must be in effect.
func (x *trial) usesInTime(as *caller, on subject) bool {
	x.pass(x.effective())
	return x.uses(as, on) == nil
}

// forAWSResources allows creating grants under the condition, and then without it.
func forAWSResources(x *trial) {
	conditional := x.statementFor(role, "kms:CreateGrant")
	conditional.Condition = map[string]map[string]string{"Bool": {"kms:GrantIsForAWSResource": "true"}}
	x.must(x.putKeyPolicy(x.withStatement(conditional)))
	as := x.as(role, x.caller)
	x.pass(x.effective())
	x.refused(x.dryGrant(as, key, role), accessDenied)
	x.must(x.putKeyPolicy(x.withStatement(x.statementFor(role, "kms:CreateGrant"))))
	x.eventually(propagation, "the role may create grants", func() bool { return code(x.dryGrant(as, key, role)) == wouldSucceed })
}

func crossAccountFacts() []fact {
	return []fact{
		{
			name: "GrantsAreManagedAcrossAccountsByKeyARN", status: confirmed, mutates: true, needs: []subject{foreignKey, role},
			source: "API_CreateGrant, API_ListGrants, API_RevokeGrant, API_DescribeKey: cross-account use",
			check: func(x *trial) {
				made := x.grant(x.caller, foreignKey, role)
				out, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(foreignKey), GrantId: made.GrantId})
				x.must(err)
				if len(out.Grants) != 1 {
					x.Errorf("%d grants", len(out.Grants))
				}
				x.metadata(foreignKey)
				_, err = x.kms.RevokeGrant(x.ctx, &awskms.RevokeGrantInput{KeyId: x.named(foreignKey), GrantId: made.GrantId})
				x.must(err)
			},
		},
		{
			name: "KeyPoliciesAreNotReadAcrossAccounts", status: confirmed, needs: []subject{foreignKey},
			source: "API_GetKeyPolicy: cross-account use",
			check: func(x *trial) {
				_, err := x.kms.GetKeyPolicy(x.ctx, &awskms.GetKeyPolicyInput{KeyId: x.named(foreignKey)})
				x.refused(err, accessDenied)
			},
		},
		{
			name: "KeyPolicyAcrossAccountsNeedsARolePolicyToo", status: confirmed, mutates: true, needs: []subject{foreignKey, role},
			source: "AWS KMS Developer Guide, allowing users in other accounts to use a key",
			check: func(x *trial) {
				as := x.as(role, x.caller)
				x.refused(x.uses(as, foreignKey), accessDenied)
				x.allowRole(x.useKey(foreignKey))
				x.comesToUse(as, foreignKey)
			},
		},
		{
			name: "RolePolicyAcrossAccountsNeedsTheKeyPolicyToo", status: confirmed, mutates: true, needs: []subject{foreignKey, closedKey, role},
			source: "AWS KMS Developer Guide, allowing users in other accounts to use a key",
			check: func(x *trial) {
				x.allowRole(x.useKey(closedKey), x.useKey(foreignKey))
				as := x.as(role, x.caller)
				x.comesToUse(as, foreignKey)
				x.refused(x.uses(as, closedKey), accessDenied)
			},
		},
		{
			name: "GrantFromTheGranteesAccountSuffices", status: confirmed, mutates: true, needs: []subject{foreignKey, role},
			source: "EC2 Auto Scaling User Guide, key policies: a grant for a service-linked role, whose policies nobody can edit",
			check: func(x *trial) {
				x.grant(x.caller, foreignKey, role)
				x.comesToUse(x.as(role, x.caller), foreignKey)
			},
		},
		{
			name: "GrantFromTheKeysAccountSufficesWithARolePolicy", status: inferred, mutates: true, needs: []subject{foreignKey, role, foreignProfile},
			source: evaluation,
			check: func(x *trial) {
				x.grant(x.profiled(x.id(foreignProfile)), foreignKey, role)
				x.allowRole(x.useKey(foreignKey))
				x.comesToUse(x.as(role, x.caller), foreignKey)
			},
		},
		{
			name: "GrantFromTheKeysAccountSufficesAlone", status: unconfirmed, mutates: true, needs: []subject{foreignKey, role, foreignProfile},
			source:   evaluation + ", where the wording is: in your account",
			question: worldSwitch("grant_from_owner_account_suffices", func(w *fleet.World) *bool { return &w.GrantFromOwnerAccountSuffices }),
			ask: func(x *trial) bool {
				x.grant(x.profiled(x.id(foreignProfile)), foreignKey, role)
				return x.usesInTime(x.as(role, x.caller), foreignKey)
			},
		},
	}
}
