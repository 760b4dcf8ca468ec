// Package iam is the simulated IAM: roles, their inline policies, users with access keys.
package iam

// Service is IAM for all accounts of a world. It is safe for concurrent use.
type Service struct{}

// AddRole adds or replaces a role, effective at once.
func (s *Service) AddRole(r Role) error { return nil }

// Role is the role of that ARN as it is now (not as far as it has propagated).
func (s *Service) Role(arn string) (Role, bool) { return Role{}, false }

// AddUser adds or replaces a user, effective at once.
func (s *Service) AddUser(u User) error { return nil }
