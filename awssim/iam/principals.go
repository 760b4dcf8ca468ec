package iam

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/policy"
)

type user struct {
	User
	identity authz.Identity
}

// role is a Role with its policies parsed. Everything but the inline policies is immutable.
type role struct {
	arn, account, name string
	seed               Role
	trust              *policy.Policy
	attached           []*policy.Policy
	boundary           *policy.Policy

	mu     sync.Mutex
	inline map[string]*inlinePolicy
}

// inlinePolicy is what a name has stood for: the newest document, and the versions that are or will be
// effective, oldest first.
type inlinePolicy struct {
	document string // empty once deleted
	versions []version
}

type version struct {
	from   time.Time
	policy *policy.Policy // nil: none
}

func (s *Service) newRole(r Role) (*role, error) {
	arn, ok := identity.ParseARN(r.ARN)
	path, isRole := strings.CutPrefix(arn.Resource, "role/")
	if !ok || arn.Service != "iam" || !identity.IsAccountID(arn.Account) || !isRole || path == "" {
		return nil, errors.New("not a role's ARN")
	}
	cut := strings.LastIndex(path, "/") + 1
	r.Account, r.Path, r.Name = arn.Account, "/"+path[:cut], path[cut:]
	if r.ID == "" {
		r.ID = "AROA" + rand.Text()[:17]
	}
	if r.Created.IsZero() {
		r.Created = s.Clock.Now()
	}
	if r.MaxSession == 0 {
		r.MaxSession = time.Hour
	}
	built := &role{arn: r.ARN, account: r.Account, name: r.Name, seed: r, inline: map[string]*inlinePolicy{}}
	var err error
	if r.Trust != "" {
		if built.trust, err = s.parse(r.Trust, policy.Trust); err != nil {
			return nil, fmt.Errorf("trust policy: %w", err)
		}
	}
	if r.Boundary != "" {
		if built.boundary, err = s.parse(r.Boundary, policy.Identity); err != nil {
			return nil, fmt.Errorf("boundary: %w", err)
		}
	}
	if err := parseAll(r.Attached, &built.attached); err != nil {
		return nil, err
	}
	for name, doc := range r.Inline {
		p, err := s.parse(doc, policy.Identity)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", name, err)
		}
		built.inline[name] = &inlinePolicy{document: doc, versions: []version{{policy: p}}}
	}
	return built, nil
}

// parse parses a document that a role is added with, each once. A policy is immutable, so that roles can share it.
func (s *Service) parse(document string, kind policy.Kind) (*policy.Policy, error) {
	key := seededKey{kind, document}
	if known, ok := s.seeded.Load(key); ok {
		return known.(*policy.Policy), nil
	}
	parsed, err := policy.Parse(document, kind)
	if err == nil {
		s.seeded.Store(key, parsed)
	}
	return parsed, err
}

type seededKey struct {
	kind     policy.Kind
	document string
}

func parseAll(docs map[string]string, into *[]*policy.Policy) error {
	for name, doc := range docs {
		p, err := policy.Parse(doc, policy.Identity)
		if err != nil {
			return fmt.Errorf("policy %s: %w", name, err)
		}
		*into = append(*into, p)
	}
	return nil
}

// show is the role with its newest documents.
func (r *role) show() Role {
	shown := r.seed
	shown.Attached = maps.Clone(shown.Attached)
	shown.Inline = r.documents()
	return shown
}

func (r *role) documents() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.documentsLocked()
}

func (r *role) documentsLocked() map[string]string {
	docs := make(map[string]string, len(r.inline))
	for name, p := range r.inline {
		if p.document != "" {
			docs[name] = p.document
		}
	}
	return docs
}

// identity holds the policies that are effective at an instant.
func (r *role) identity(now time.Time) authz.Identity {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := authz.Identity{Policies: make([]*policy.Policy, 0, len(r.attached)+len(r.inline)), Boundary: r.boundary}
	id.Policies = append(id.Policies, r.attached...)
	for _, p := range r.inline {
		if effective := p.at(now); effective != nil {
			id.Policies = append(id.Policies, effective)
		}
	}
	return id
}

// newest holds the policies that will be effective once everything has propagated.
func (r *role) newest() authz.Identity {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := authz.Identity{Policies: append([]*policy.Policy(nil), r.attached...), Boundary: r.boundary}
	for _, p := range r.inline {
		if last := p.versions[len(p.versions)-1].policy; last != nil {
			id.Policies = append(id.Policies, last)
		}
	}
	return id
}

// at is the version that is effective at an instant, nil for none; the ones before it are forgotten.
func (p *inlinePolicy) at(now time.Time) *policy.Policy {
	for len(p.versions) > 1 && !p.versions[1].from.After(now) {
		p.versions = p.versions[1:]
	}
	if first := p.versions[0]; !first.from.After(now) {
		return first.policy
	}
	return nil
}

// set replaces the policy of a name from an instant on, or at once and for good when that is zero; an empty
// document deletes it. It is false when there was none to delete. check sees all documents as they would be.
func (r *role) set(name, document string, parsed *policy.Policy, from time.Time, check func(map[string]string) error) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	docs := r.documentsLocked()
	_, existed := docs[name]
	if document == "" && !existed {
		return false, nil
	}
	docs[name] = document
	if err := check(docs); err != nil {
		return existed, err
	}
	p := r.inline[name]
	if p == nil || from.IsZero() {
		p = &inlinePolicy{}
		r.inline[name] = p
	}
	p.document = document
	p.versions = append(p.versions, version{from: from, policy: parsed})
	return existed, nil
}
