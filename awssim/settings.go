package awssim

import "time"

// Settings are a world's switches. The zero value is the world as AWS documents it; what is inferred or
// unconfirmed about AWS is a switch with a name.
type Settings struct {
	// GrantPropagation is how long (simulated) a grant made by CreateGrant is not effective yet: 30 s when
	// zero, none when negative. AWS says "usually less than five minutes" (AWS KMS Developer Guide, grants).
	GrantPropagation time.Duration
	// RevocationLinger is how long (simulated) a revoked or retired grant goes on allowing; 0 by default.
	RevocationLinger time.Duration
	// IAMPropagation is how long (simulated) a change of a role's inline policies is not effective yet: 10 s
	// when zero, none when negative. AWS gives no figure (IAM User Guide, troubleshooting).
	IAMPropagation time.Duration
	// GrantQuota is the most grants that a key may have; 50,000 when zero (AWS KMS Developer Guide, quotas).
	GrantQuota int
	// GrantFromOwnerAccountSuffices lets a grant that the key's account issues to another account's
	// principal allow without an IAM policy there. Unconfirmed; off by default, the cautious reading.
	GrantFromOwnerAccountSuffices bool
	// GrantsIgnoreBoundary lets a grant allow what the grantee's permissions boundary doesn't. Unconfirmed;
	// off by default.
	GrantsIgnoreBoundary bool
	// GrantsSurviveRoleRecreation lets a grant allow a role that was made anew under the name of the one that the
	// grant was made for. Unconfirmed; off by default, the cautious reading, as trust and key policies have it (IAM
	// User Guide, reference_policies_elements_principal).
	GrantsSurviveRoleRecreation bool
	// BucketKeyCache is how long (simulated) S3 goes on using a bucket key for a session without asking KMS
	// again, so that a revoked access lingers where the bucket has bucket keys. AWS caches them for an
	// unpublished time (Amazon S3 User Guide, bucket keys); 0 by default.
	BucketKeyCache time.Duration
	// AccountStatus makes Organizations answer the field Status besides State. AWS retired it on 2026-09-09.
	AccountStatus bool
	// EmptyPages makes Organizations begin every list with an empty page and a token, which AWS allows.
	EmptyPages bool
	// Seed makes the faults' dice repeatable.
	Seed uint64
}

func (s Settings) withDefaults() Settings {
	s.GrantPropagation = delay(s.GrantPropagation, 30*time.Second)
	s.IAMPropagation = delay(s.IAMPropagation, 10*time.Second)
	return s
}

func delay(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return max(d, 0)
}
