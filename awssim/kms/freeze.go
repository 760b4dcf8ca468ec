package kms

import (
	"maps"
	"slices"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/policy"
)

// Frozen is every key with its policy and grants at one instant. It implements authz.Resources and
// authz.Grants. An aws/s3 key that had not been created yet is found all the same, since the first use would
// have created it.
type Frozen struct {
	keys   map[string]frozenKey
	isLive func(*grant) bool
}

type frozenKey struct {
	key       Key
	policy    *policy.Policy
	byGrantee map[string][]*grant
}

// Freeze takes a snapshot in which every grant that exists is effective.
func (s *Service) Freeze() *Frozen {
	s.mu.RLock()
	all := maps.Clone(s.keys)
	s.mu.RUnlock()
	f := &Frozen{keys: make(map[string]frozenKey, len(all)), isLive: s.isLive}
	for arn, k := range all {
		f.keys[arn] = k.freeze()
	}
	return f
}

func (k *key) freeze() frozenKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	frozen := frozenKey{key: k.key, policy: k.policy, byGrantee: make(map[string][]*grant, len(k.grants.byGrantee))}
	for grantee, list := range k.grants.byGrantee {
		live := slices.DeleteFunc(slices.Clone(list), func(g *grant) bool { return !g.until.IsZero() })
		frozen.byGrantee[grantee] = live
	}
	return frozen
}

func (f *Frozen) find(arn string) (frozenKey, bool) {
	if k, ok := f.keys[arn]; ok {
		return k, true
	}
	parsed, ok := identity.ParseARN(arn)
	if !ok || arn != ManagedS3KeyARN(parsed.Account, parsed.Region) {
		return frozenKey{}, false
	}
	k := managedS3Key(parsed.Account, parsed.Region)
	k.Account, k.Region, k.State = parsed.Account, parsed.Region, "Enabled"
	k.Usage, k.Spec = "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"
	read, err := policy.Parse(k.Policy, policy.Key)
	return frozenKey{key: k, policy: read}, err == nil
}

// ResourcePolicy implements authz.Resources.
func (f *Frozen) ResourcePolicy(arn string) (authz.Attached, bool) {
	k, ok := f.find(arn)
	if !ok {
		return authz.Attached{Account: identity.AccountOf(arn)}, false
	}
	return authz.Attached{Account: k.key.Account, Policy: k.policy}, true
}

// Granted implements authz.Grants.
func (f *Frozen) Granted(r authz.Request) []authz.Grant {
	k, _ := f.find(r.Resource)
	return granted(k.byGrantee, r, time.Time{}, f.isLive)
}

// Use checks as Service.Use does, with auth deciding.
func (f *Frozen) Use(auth authz.Authorizer, u Use) error {
	k, ok := f.find(u.KeyARN)
	return use(auth, k.key, ok, u)
}
