// Package policy reads IAM's JSON policies and evaluates them (IAM User Guide, policy reference).
//
// What it does not understand (policy variables, and the condition operators for numbers, dates, IP addresses
// and binary values) closes rather than opens: such an Allow never matches, and such a Deny matches as if the
// part were true.
package policy

import (
	"strings"

	"rekey/awssim/identity"
)

// Policy is a parsed policy. It is immutable.
type Policy struct {
	statements []statement
}

// effect is what a statement does when it matches.
type effect bool

const (
	allow effect = true
	deny  effect = false
)

type statement struct {
	effect       effect
	principals   *principals // nil in identity policies
	notPrincipal bool
	actions      []string // lower case
	notAction    bool
	resources    []string // nil in trust policies: every resource
	notResource  bool
	conditions   []condition
	variables    bool // a policy variable stands where it is not understood
}

// Query is what a policy is asked.
type Query struct {
	// Principal is the caller; policies without a Principal element don't look at it.
	Principal identity.Principal
	// Action is IAM's name of the operation.
	Action string
	// Resource is the ARN acted on, or "*".
	Resource string
	// Values holds the condition keys' values; the keys are in lower case.
	Values map[string][]string
}

// Verdict is what a policy says to a query. A Deny beats the others, here and in every other policy.
type Verdict struct {
	// Denied: a Deny statement matches.
	Denied bool
	// Allowed: an Allow statement matches that names the caller, or everybody, or is in a policy that names
	// nobody.
	Allowed bool
	// Delegated: an Allow statement matches that names the caller's account: the account's own policies
	// decide.
	Delegated bool
}

// Evaluate asks the policy. A nil policy says nothing.
func (p *Policy) Evaluate(q Query) Verdict {
	var v Verdict
	if p == nil {
		return v
	}
	action := strings.ToLower(q.Action)
	for i := range p.statements {
		s := &p.statements[i]
		who := s.who(q.Principal)
		if who == nobody || !s.matchesAction(action) || !s.matchesResource(q.Resource) || !s.holds(q.Values) {
			continue
		}
		switch {
		case s.effect == deny:
			v.Denied = true
		case who == account:
			v.Delegated = true
		default:
			v.Allowed = true
		}
	}
	return v
}

func (s *statement) matchesAction(lower string) bool {
	for _, a := range s.actions {
		if Glob(a, lower) {
			return !s.notAction
		}
	}
	return s.notAction
}

func (s *statement) matchesResource(arn string) bool {
	if s.resources == nil {
		return true
	}
	if s.variables {
		return s.effect == deny
	}
	for _, r := range s.resources {
		if Glob(r, arn) {
			return !s.notResource
		}
	}
	return s.notResource
}

func (s *statement) holds(values map[string][]string) bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		if c.unknown {
			if s.effect == allow {
				return false
			}
			continue
		}
		if !c.holds(values) {
			return false
		}
	}
	return true
}

// Glob matches a pattern with * (any run of characters) and ? (any one byte) against the whole of s.
func Glob(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
