package policy

import (
	"encoding/json"
	"fmt"
	"strings"

	"rekey/awssim/identity"
)

// principals are those that a statement names.
type principals struct {
	everybody bool
	accounts  map[string]bool // account ids
	arns      map[string]bool // roles, users, sessions
}

// reach is how a statement's principals include the caller.
type reach int

const (
	nobody  reach = iota // not at all
	account              // by its account
	caller               // by its own ARN, or as everybody
)

// who says how the statement includes the caller. An Allow with NotPrincipal includes nobody, because AWS
// advises against it and its reading of sessions is not simulated.
func (s *statement) who(p identity.Principal) reach {
	if s.principals == nil {
		return caller
	}
	found := s.principals.find(p)
	if !s.notPrincipal {
		return found
	}
	if s.effect == allow || found == caller {
		return nobody
	}
	return caller
}

func (ps *principals) find(p identity.Principal) reach {
	switch {
	case ps.everybody, ps.arns[p.ARN], ps.arns[p.CallerARN()]:
		return caller
	case ps.accounts[p.Account] && p.IsRoot():
		return caller
	case ps.accounts[p.Account]:
		return account
	}
	return nobody
}

// Principals are the ARNs and account ids that the policy's statements name, without "*" and services.
func (p *Policy) Principals() []string {
	var names []string
	for _, s := range p.statements {
		if s.principals == nil {
			continue
		}
		for a := range s.principals.accounts {
			names = append(names, identity.Root(a).ARN)
		}
		for a := range s.principals.arns {
			names = append(names, a)
		}
	}
	return names
}

// parsePrincipals reads "*" or an object from kind (AWS, Service, Federated, CanonicalUser) to names.
// Services, federated and canonical users are never callers here, so they are checked for shape only.
func parsePrincipals(raw json.RawMessage) (*principals, error) {
	ps := &principals{accounts: map[string]bool{}, arns: map[string]bool{}}
	var star string
	if json.Unmarshal(raw, &star) == nil {
		if star != "*" {
			return nil, fmt.Errorf("principal %q", star)
		}
		ps.everybody = true
		return ps, nil
	}
	kinds, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("principal: %w", err)
	}
	for kind, list := range kinds {
		names, err := texts(list)
		if err != nil {
			return nil, fmt.Errorf("principal %s: %w", kind, err)
		}
		switch kind {
		case "AWS":
			for _, n := range names {
				if err := ps.add(n); err != nil {
					return nil, err
				}
			}
		case "Service", "Federated", "CanonicalUser":
		default:
			return nil, fmt.Errorf("principal kind %q", kind)
		}
	}
	return ps, nil
}

func (ps *principals) add(name string) error {
	arn, isARN := identity.ParseARN(name)
	switch {
	case name == "*":
		ps.everybody = true
	case identity.IsAccountID(name):
		ps.accounts[name] = true
	case isARN && identity.IsAccountID(arn.Account) && (arn.Service == "iam" || arn.Service == "sts"):
		if arn.Resource == "root" {
			ps.accounts[arn.Account] = true
			return nil
		}
		if strings.ContainsAny(name, "*?") {
			return fmt.Errorf("principal %q: no wildcards within a principal", name)
		}
		ps.arns[name] = true
	default:
		return fmt.Errorf("principal %q", name)
	}
	return nil
}
