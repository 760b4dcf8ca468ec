// Package iam is the simulated IAM: roles, their inline policies, users with access keys. IAM is global: its
// ARNs have no Region, and a change is effective everywhere after the same delay.
package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/clock"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/policy"
)

// Config is what a Service works with.
type Config struct {
	Clock   *clock.Clock
	Journal *journal.Journal
	// Auth decides who may call.
	Auth authz.Authorizer
	// Propagation is how long (simulated) a change of inline policies is not effective yet.
	Propagation time.Duration
}

// Service is IAM for all accounts of a world. It is safe for concurrent use.
type Service struct {
	Config

	mu     sync.RWMutex
	roles  map[string]*role  // by ARN
	byName map[string]*role  // by account/name
	users  map[string]*user  // by ARN
	keys   map[string]*user  // by access key id
	gone   map[string]string // unique ids of deleted roles, by ARN

	// seeded are the policies that roles were added with, by kind and document: those of a large fleet are few.
	seeded sync.Map
}

// New is an IAM without principals.
func New(c Config) *Service {
	return &Service{
		Config: c, roles: map[string]*role{}, byName: map[string]*role{},
		users: map[string]*user{}, keys: map[string]*user{}, gone: map[string]string{},
	}
}

// AddRole adds or replaces a role, effective at once. Its error names the policy that can't be read, or the
// ARN that isn't a role's.
func (s *Service) AddRole(r Role) error {
	built, err := s.newRole(r)
	if err != nil {
		return fmt.Errorf("adding role %s: %w", r.ARN, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[built.arn] = built
	s.byName[built.account+"/"+built.name] = built
	return nil
}

// RemoveRole deletes a role at once; what names it elsewhere stays, as GoneID.
func (s *Service) RemoveRole(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.roles[arn]; r != nil {
		delete(s.roles, arn)
		delete(s.byName, r.account+"/"+r.name)
		s.gone[arn] = r.seed.ID
	}
}

// GoneID is the unique id of a role that was deleted, as which policies that named it show it from then on (IAM User
// Guide, reference_policies_elements_principal); empty for other ARNs, and for a role that was made anew.
func (s *Service) GoneID(arn string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.roles[arn] != nil {
		return ""
	}
	return s.gone[arn]
}

// Role is the role of that ARN as it is now (not as far as it has propagated).
func (s *Service) Role(arn string) (Role, bool) {
	r := s.find(arn)
	if r == nil {
		return Role{}, false
	}
	return r.show(), true
}

// UniqueID is the unique id of a role, empty when there is none of that ARN.
func (s *Service) UniqueID(arn string) string {
	r := s.find(arn)
	if r == nil {
		return ""
	}
	return r.seed.ID
}

// AddUser adds or replaces a user, effective at once.
func (s *Service) AddUser(u User) error {
	arn, ok := identity.ParseARN(u.ARN)
	if !ok || arn.Service != "iam" || arn.Resource != "root" && !strings.HasPrefix(arn.Resource, "user/") {
		return fmt.Errorf("adding user %s: not a user's ARN", u.ARN)
	}
	built := &user{User: u}
	if err := parseAll(u.Policies, &built.identity.Policies); err != nil {
		return fmt.Errorf("adding user %s: %w", u.ARN, err)
	}
	if u.Boundary != "" {
		p, err := policy.Parse(u.Boundary, policy.Identity)
		if err != nil {
			return fmt.Errorf("adding user %s: boundary: %w", u.ARN, err)
		}
		built.identity.Boundary = p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ARN] = built
	if u.AccessKeyID != "" {
		s.keys[u.AccessKeyID] = built
	}
	return nil
}

// AccessKey is whose an access key is, and its secret.
func (s *Service) AccessKey(id string) (identity.Principal, string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u := s.keys[id]
	if u == nil {
		return identity.Principal{}, "", false
	}
	return identity.Principal{Account: identity.AccountOf(u.ARN), ARN: u.ARN}, u.Secret, true
}

// Exists says whether an ARN names a role, a user, a session of a role, or the root of an account that has
// any role or user.
func (s *Service) Exists(arn string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.roles[arn] != nil || s.users[arn] != nil {
		return true
	}
	parsed, ok := identity.ParseARN(arn)
	switch {
	case !ok:
		return false
	case parsed.Service == "sts":
		session := strings.Split(parsed.Resource, "/")
		return len(session) == 3 && session[0] == "assumed-role" && s.byName[parsed.Account+"/"+session[1]] != nil
	case parsed.Resource != "root":
		return false
	}
	for key := range s.byName {
		if strings.HasPrefix(key, parsed.Account+"/") {
			return true
		}
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(s.users)), func(u string) bool {
		return identity.AccountOf(u) == parsed.Account
	})
}

// Identity implements authz.Identities with the policies that are effective now.
func (s *Service) Identity(arn string) (authz.Identity, bool) {
	if r := s.find(arn); r != nil {
		return r.identity(s.Clock.Now()), true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if u := s.users[arn]; u != nil {
		return u.identity, true
	}
	return authz.Identity{}, false
}

// ResourcePolicy implements authz.Resources: a role's trust policy.
func (s *Service) ResourcePolicy(arn string) (authz.Attached, bool) {
	r := s.find(arn)
	if r == nil {
		return authz.Attached{Account: identity.AccountOf(arn)}, false
	}
	return authz.Attached{Account: r.account, Policy: r.trust}, true
}

func (s *Service) find(arn string) *role {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.roles[arn]
}

func (s *Service) named(account, name string) *role {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byName[account+"/"+name]
}
