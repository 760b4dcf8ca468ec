package access

import (
	"net/url"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"rekey/workflows"
	"rekey/workflows/policydoc"
)

// people are the roles of an account with their policies; unread says why they could not be read.
type people struct {
	byARN  map[string]*person
	unread *workflows.Problem
}

// person is a role.
type person struct {
	arn, id  string
	created  time.Time
	trust    named
	policies []named // inline and attached
	// boundary limits what policies allow; nil where there is none.
	boundary *named
}

// named is a policy of a role. One that was not understood has its problem set and no statements: it gives nothing that
// is known, and may deny anything.
type named struct {
	name, text string
	inline     bool
	policydoc.Document
	problem error
}

func read(d types.RoleDetail, managed map[string]string) *person {
	role := &person{arn: awssdk.ToString(d.Arn), id: awssdk.ToString(d.RoleId), created: awssdk.ToTime(d.CreateDate)}
	role.trust = parse("trust policy", awssdk.ToString(d.AssumeRolePolicyDocument))
	for _, p := range d.RolePolicyList {
		policy := parse(awssdk.ToString(p.PolicyName), awssdk.ToString(p.PolicyDocument))
		policy.inline = true
		role.policies = append(role.policies, policy)
	}
	for _, p := range d.AttachedManagedPolicies {
		role.policies = append(role.policies, parse(awssdk.ToString(p.PolicyArn), managed[awssdk.ToString(p.PolicyArn)]))
	}
	if b := d.PermissionsBoundary; b != nil {
		boundary := parse("permissions boundary", managed[awssdk.ToString(b.PermissionsBoundaryArn)])
		role.boundary = &boundary
	}
	return role
}

// parse reads a document as IAM answers it, encoded for URLs (IAM API, GetRolePolicy, after RFC 3986).
func parse(name, encoded string) named {
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return named{name: name, problem: err}
	}
	doc, err := policydoc.Parse(text)
	return named{name: name, text: text, Document: doc, problem: err}
}

// trustedBy are those other than the Lambda service who may assume the role. A trust policy that was not understood may
// let anybody in.
func (p *person) trustedBy() []string {
	if p.trust.problem != nil {
		return []string{"whoever its trust policy names, which was not understood"}
	}
	return p.trust.TrustedBy()
}

// allowing are the policies by which a role may do all of some actions on a resource, in words, empty where that is not
// certain; or what denies it one of them.
func (p *person) allowing(actions []string, resource string, ctx policydoc.Context) (by, denied string) {
	certain := true
	var names []string
	for _, action := range actions {
		request := policydoc.Request{Principal: p.arn, Action: action, Resource: resource, Context: ctx}
		if denied := p.denying(request); denied != "" {
			return "", denied
		}
		name := p.policyThatAllows(request)
		certain = certain && name != ""
		names = append(names, name)
	}
	if !certain {
		return "", ""
	}
	return "policy " + strings.Join(distinct(names), " and policy "), ""
}

// denying is what denies the role a request, empty when nothing is known to. A boundary that was not understood allows
// nothing.
func (p *person) denying(r policydoc.Request) string {
	for _, policy := range p.policies {
		if policy.Identity(r).Effect == policydoc.Deny {
			return "policy " + policy.name + " denies it " + r.Action
		}
	}
	switch {
	case p.boundary == nil:
	case p.boundary.problem != nil:
		return "its permissions boundary was not understood"
	case p.boundary.Identity(r).Effect != policydoc.Allow:
		return "its permissions boundary does not allow " + r.Action
	}
	return ""
}

// policyThatAllows is a policy that allows the role a request which no other may deny it; empty where there is none, or
// where one was not understood.
func (p *person) policyThatAllows(r policydoc.Request) string {
	var all policydoc.Document
	for _, policy := range p.policies {
		if policy.problem != nil {
			return ""
		}
		all.Statements = append(all.Statements, policy.Statements...)
	}
	if all.Identity(r).Effect != policydoc.Allow {
		return ""
	}
	i := slices.IndexFunc(p.policies, func(policy named) bool { return policy.Identity(r).Effect == policydoc.Allow })
	return p.policies[i].name
}

func allowsAll(actions []string, allowed func(string) bool) bool {
	for _, action := range actions {
		if !allowed(action) {
			return false
		}
	}
	return true
}
