package authz

import (
	"net/http"
	"strings"
	"sync"

	"rekey/awssim/apierr"
	"rekey/awssim/identity"
	"rekey/awssim/policy"
)

// Engine is the Authorizer over the sources that a world gives it. The fields are set before the first
// request and not changed after; a nil source knows nothing.
type Engine struct {
	Identities Identities
	Guardrails Guardrails
	Keys       Resources // KMS keys, by key ARN
	Grants     Grants
	Buckets    Resources // S3 buckets, by bucket or object ARN
	Trusts     Resources // roles with their trust policies, by role ARN
	// GrantFromOwnerAccountSuffices and GrantsIgnoreBoundary are described at awssim.Settings.
	GrantFromOwnerAccountSuffices bool
	GrantsIgnoreBoundary          bool

	sessions sync.Map // session policy JSON -> *policy.Policy
}

// Authorize implements Authorizer.
func (e *Engine) Authorize(r Request) error {
	attached, ok := e.attached(r)
	return e.decide(r, attached, ok)
}

// AuthorizeUnder decides as Authorize would if the resource's policy were p: the lockout check of
// PutKeyPolicy.
func (e *Engine) AuthorizeUnder(r Request, p *policy.Policy) error {
	attached, ok := e.attached(r)
	attached.Policy = p
	return e.decide(r, attached, ok)
}

// attached finds the resource policy that has a say.
func (e *Engine) attached(r Request) (Attached, bool) {
	arn, ok := identity.ParseARN(r.Resource)
	if !ok || r.IdentityOnly {
		return Attached{}, false
	}
	var source Resources
	switch {
	case arn.Service == "kms" && strings.HasPrefix(r.Action, "kms:"):
		source = e.Keys
	case arn.Service == "s3":
		source = e.Buckets
	case strings.HasPrefix(r.Action, "sts:"):
		source = e.Trusts
	}
	if source == nil {
		return Attached{Account: arn.Account}, false
	}
	return source.ResourcePolicy(r.Resource)
}

// decide applies the rules of the IAM User Guide, policy evaluation logic: an explicit deny anywhere ends
// it, then the policies must allow together.
func (e *Engine) decide(r Request, attached Attached, found bool) error {
	c := e.inquire(r, attached)
	if what := c.denied(); what != "" {
		return refuse(r, "with an explicit deny in "+what)
	}
	allowed := c.allowedPlain
	if found && (strings.HasPrefix(r.Action, "kms:") || strings.HasPrefix(r.Action, "sts:")) {
		allowed = c.allowedByRoot
	}
	missing := allowed()
	if missing == "" {
		return nil
	}
	return refuse(r, "because no "+missing+" allows the "+r.Action+" action")
}

func refuse(r Request, because string) error {
	return &apierr.Error{
		Code: "AccessDeniedException", Status: http.StatusForbidden, Denied: true,
		Message: "User: " + r.Principal.CallerARN() + " is not authorized to perform: " + r.Action +
			" on resource: " + r.Resource + " " + because,
	}
}

// sessionPolicy is the parsed policy of a session, nil for none. STS has checked it.
func (e *Engine) sessionPolicy(doc string) *policy.Policy {
	if doc == "" {
		return nil
	}
	if p, ok := e.sessions.Load(doc); ok {
		return p.(*policy.Policy)
	}
	p, err := policy.Parse(doc, policy.Identity)
	if err != nil {
		p = &policy.Policy{} // allows nothing
	}
	e.sessions.Store(doc, p)
	return p
}
