package iam

import (
	"rekey/awssim/authz"
)

// Frozen is what IAM said about every principal at one instant. It implements authz.Identities.
type Frozen map[string]authz.Identity

// Identity implements authz.Identities.
func (f Frozen) Identity(arn string) (authz.Identity, bool) {
	id, ok := f[arn]
	return id, ok
}

// Freeze takes a snapshot in which everything has propagated.
func (s *Service) Freeze() Frozen {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := make(Frozen, len(s.roles)+len(s.users))
	for arn, r := range s.roles {
		f[arn] = r.newest()
	}
	for arn, u := range s.users {
		f[arn] = u.identity
	}
	return f
}
