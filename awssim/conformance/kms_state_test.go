package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const keyStates = "AWS KMS Developer Guide, key states"

func keyStateFacts() []fact {
	return []fact{
		{
			name: "DescribeKeyTellsWhatAMigrationNeeds", status: confirmed, needs: []subject{key, keyAlias}, source: "API_KeyMetadata",
			check: func(x *trial) {
				for _, s := range []subject{key, keyAlias} {
					m := x.metadata(s)
					if *m.Arn != x.id(key) || m.KeyState != types.KeyStateEnabled || !m.Enabled || m.KeyManager != types.KeyManagerTypeCustomer ||
						m.KeySpec != types.KeySpecSymmetricDefault || m.KeyUsage != types.KeyUsageTypeEncryptDecrypt {
						x.Errorf("%s", text(m))
					}
				}
			},
		},
		{
			name: "MultiRegionKeysSaySo", status: confirmed, needs: []subject{multiRegionKey}, source: "API_KeyMetadata",
			check: func(x *trial) {
				if m := x.metadata(multiRegionKey); !aws.ToBool(m.MultiRegion) {
					x.Errorf("%s", text(m))
				}
			},
		},
		{
			name: "AliasOfTheAWSManagedKeyIsDescribed", status: confirmed, mutates: true, source: "API_DescribeKey",
			check: func(x *trial) {
				out, err := x.kms.DescribeKey(x.ctx, &awskms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")})
				x.must(err)
				if out.KeyMetadata.KeyManager != types.KeyManagerTypeAws {
					x.Errorf("%s", text(out.KeyMetadata))
				}
			},
		},
		{
			name: "DisabledKeyIsOfNoUse", status: confirmed, needs: []subject{disabledKey, role}, source: keyStates,
			check: func(x *trial) { x.inState(disabledKey, types.KeyStateDisabled, disabled, disabled) },
		},
		{
			name: "KeyPendingDeletionIsOfNoUse", status: confirmed, needs: []subject{pendingKey, role}, source: keyStates,
			check: func(x *trial) {
				x.inState(pendingKey, types.KeyStatePendingDeletion, invalidState, disabled)
				if x.metadata(pendingKey).DeletionDate == nil {
					x.Error("no date of deletion")
				}
			},
		},
		{
			name: "KeyPendingImportIsOfNoUse", status: confirmed, needs: []subject{importKey, role}, source: keyStates,
			check: func(x *trial) { x.inState(importKey, types.KeyStatePendingImport, invalidState, invalidState) },
		},
		{
			name: "UnavailableKeyTakesGrantsOnly", status: confirmed, needs: []subject{unavailableKey, role}, source: keyStates,
			check: func(x *trial) {
				x.refused(x.uses(x.caller, unavailableKey), invalidState)
				x.refused(x.dryGrant(x.caller, unavailableKey, role), wouldSucceed)
			},
		},
		{
			name: "GrantsOfADisabledKeyAreRevoked", status: confirmed, needs: []subject{disabledKey}, source: keyStates,
			check: func(x *trial) {
				out, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(disabledKey)})
				x.must(err)
				if len(out.Grants) == 0 {
					x.Skip("the disabled key has no grant")
				}
				_, err = x.kms.RevokeGrant(x.ctx, &awskms.RevokeGrantInput{
					KeyId: x.named(disabledKey), GrantId: out.Grants[0].GrantId, DryRun: aws.Bool(true),
				})
				x.refused(err, wouldSucceed)
			},
		},
	}
}

func (x *trial) metadata(s subject) *types.KeyMetadata {
	x.Helper()
	out, err := x.kms.DescribeKey(x.ctx, &awskms.DescribeKeyInput{KeyId: x.named(s)})
	x.must(err)
	return out.KeyMetadata
}

// inState expects a key that can be described and listed but neither used nor granted.
func (x *trial) inState(s subject, state types.KeyState, codes ...string) {
	x.Helper()
	if m := x.metadata(s); m.KeyState != state || m.Enabled {
		x.Errorf("%s", text(m))
	}
	x.refused(x.uses(x.caller, s), codes...)
	x.refused(x.dryGrant(x.caller, s, role), codes...)
	_, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(s)})
	x.must(err)
	x.keyPolicy(s)
}
