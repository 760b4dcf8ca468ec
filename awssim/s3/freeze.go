package s3

import (
	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/kms"
	"rekey/awssim/policy"
)

// Frozen is every bucket with its policy at one instant. It implements authz.Resources.
type Frozen map[string]frozenBucket

type frozenBucket struct {
	settings Bucket
	policy   *policy.Policy
}

// Freeze takes a snapshot of the buckets without their objects.
func (s *Service) Freeze() Frozen {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := make(Frozen, len(s.buckets))
	for name, b := range s.buckets {
		b.mu.RLock()
		f[name] = frozenBucket{settings: b.settings, policy: b.policy}
		b.mu.RUnlock()
	}
	return f
}

// ResourcePolicy implements authz.Resources.
func (f Frozen) ResourcePolicy(arn string) (authz.Attached, bool) {
	b, ok := f[bucketOf(arn)]
	return authz.Attached{Account: b.settings.Account, Policy: b.policy}, ok
}

// CheckPut says whether the upload would have been allowed, with auth and keys of the same instant.
func (f Frozen) CheckPut(auth authz.Authorizer, keys *kms.Frozen, p identity.Principal, in PutInput) error {
	_, err := f.checker(auth, keys).put(p, in)
	return err
}

// CheckGet says whether reading an object of that encryption would have been allowed.
func (f Frozen) CheckGet(auth authz.Authorizer, keys *kms.Frozen, p identity.Principal, bucket, key string, e Encryption) error {
	return f.checker(auth, keys).get(p, bucket, key, e)
}

func (f Frozen) checker(auth authz.Authorizer, keys *kms.Frozen) checker {
	return checker{
		auth:    auth,
		bucket:  func(name string) (Bucket, bool) { b, ok := f[name]; return b.settings, ok },
		use:     func(u kms.Use, _ bool) error { return keys.Use(auth, u) },
		managed: kms.ManagedS3KeyARN,
	}
}
