package authz

import (
	"strings"

	"rekey/awssim/identity"
	"rekey/awssim/policy"
)

// inquiry is one request with all that the policies say to it.
type inquiry struct {
	engine   *Engine
	request  Request
	owner    string // the resource's account, empty when it has none
	identity policy.Verdict
	boundary policy.Verdict
	session  policy.Verdict
	guard    policy.Verdict
	resource policy.Verdict
	bounded  bool
	narrowed bool
}

func (e *Engine) inquire(r Request, attached Attached) *inquiry {
	c := &inquiry{engine: e, request: r, owner: attached.Account}
	q := policy.Query{Principal: r.Principal, Action: r.Action, Resource: r.Resource, Values: e.values(r, attached.Account)}
	if e.Identities != nil {
		id, _ := e.Identities.Identity(r.Principal.ARN)
		c.identity = together(id.Policies, q)
		c.bounded, c.boundary = id.Boundary != nil, id.Boundary.Evaluate(q)
	}
	if r.Principal.IsRoot() {
		c.identity.Allowed = true
	}
	if e.Guardrails != nil {
		c.guard = together(e.Guardrails.ServiceControlPolicies(r.Principal.Account), q)
	}
	if p := e.sessionPolicy(r.Principal.SessionPolicy); p != nil {
		c.narrowed, c.session = true, p.Evaluate(q)
	}
	c.resource = attached.Policy.Evaluate(q)
	return c
}

func together(list []*policy.Policy, q policy.Query) policy.Verdict {
	var all policy.Verdict
	for _, p := range list {
		v := p.Evaluate(q)
		all.Denied = all.Denied || v.Denied
		all.Allowed = all.Allowed || v.Allowed
	}
	return all
}

// denied names the policy with an explicit deny, as AWS words it; empty for none.
func (c *inquiry) denied() string {
	switch {
	case c.guard.Denied:
		return "a service control policy"
	case c.resource.Denied:
		return "a resource-based policy"
	case c.identity.Denied:
		return "an identity-based policy"
	case c.boundary.Denied:
		return "a permissions boundary"
	case c.session.Denied:
		return "a session policy"
	}
	return ""
}

// allowedPlain is the rule for resources whose policies only add: in the same account either side
// suffices, across accounts both must allow. It names the policy that is missing, empty when allowed.
func (c *inquiry) allowedPlain() string {
	if c.crossAccount() && !c.resource.Allowed && !c.resource.Delegated {
		return "resource-based policy"
	}
	if !c.identity.Allowed && (c.crossAccount() || !c.resource.Allowed) {
		return "identity-based policy"
	}
	return c.limited(c.resource.Allowed && !c.crossAccount())
}

// allowedByRoot is the rule for keys and roles, whose own policy is the root of authority: nothing is
// allowed without it (AWS KMS Developer Guide, key policies; IAM User Guide, role trust policies), except
// through a grant.
func (c *inquiry) allowedByRoot() string {
	missing := "resource-based policy"
	switch {
	case c.resource.Allowed && !c.crossAccount():
		return c.limited(true)
	case c.resource.Allowed || c.resource.Delegated:
		if c.identity.Allowed {
			return c.limited(false)
		}
		missing = "identity-based policy"
	}
	if c.granted() {
		if c.engine.GrantsIgnoreBoundary {
			return ""
		}
		return c.limited(false)
	}
	return missing
}

// granted says whether a grant allows. A grant that was issued in the grantee's account is enough; one
// from the key's account is so within that account, and beyond it only if the world says so. (AWS KMS
// Developer Guide, policy evaluation: an external principal needs a grant or an IAM policy "in your account".)
func (c *inquiry) granted() bool {
	if c.engine.Grants == nil || !strings.HasPrefix(c.request.Action, "kms:") {
		return false
	}
	for _, g := range c.engine.Grants.Granted(c.request) {
		trusted := g.Issuer == c.request.Principal.Account || c.engine.GrantFromOwnerAccountSuffices
		if c.identity.Allowed || trusted && !g.ToAccount {
			return true
		}
	}
	return false
}

// limited names what limits an otherwise allowed request. A boundary doesn't limit what a resource policy
// gives a user by name, but does limit roles (IAM User Guide, permissions boundaries).
func (c *inquiry) limited(byResourcePolicy bool) string {
	if c.bounded && !c.boundary.Allowed && (c.request.Principal.IsRole() || !byResourcePolicy) {
		return "permissions boundary"
	}
	if c.narrowed && !c.session.Allowed {
		return "session policy"
	}
	return ""
}

func (c *inquiry) crossAccount() bool {
	return c.owner != "" && c.owner != c.request.Principal.Account
}

// values are the condition keys of a request, in lower case, with those that AWS sets for every request.
// The simulation stands in for TLS, so aws:SecureTransport is true.
func (e *Engine) values(r Request, owner string) map[string][]string {
	v := make(map[string][]string, len(r.Context)+len(r.Multi)+10)
	set := func(key, value string) {
		if value != "" {
			v[key] = []string{value}
		}
	}
	set("aws:principalarn", r.Principal.ARN)
	set("aws:principalaccount", r.Principal.Account)
	set("aws:principalisawsservice", "false")
	set("aws:securetransport", "true")
	set("aws:viaawsservice", "false")
	set("aws:resourceaccount", owner)
	if arn, ok := identity.ParseARN(r.Resource); ok {
		set("aws:requestedregion", arn.Region)
	}
	if strings.HasPrefix(r.Action, "kms:") {
		set("kms:calleraccount", r.Principal.Account)
	}
	if e.Guardrails != nil {
		set("aws:principalorgid", e.Guardrails.OrganizationID(r.Principal.Account))
		set("aws:resourceorgid", e.Guardrails.OrganizationID(owner))
	}
	for key, value := range r.Context {
		v[strings.ToLower(key)] = []string{value}
	}
	for key, values := range r.Multi {
		v[strings.ToLower(key)] = values
	}
	return v
}
