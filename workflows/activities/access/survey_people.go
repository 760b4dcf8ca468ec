package access

import (
	"context"
	"net/url"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/policydoc"
)

// people are the roles of the cell's account with their policies; unread says why they could not be read.
type people struct {
	byARN  map[string]*person
	unread *workflows.Problem
}

// person is a role.
type person struct {
	arn, id  string
	created  time.Time
	trust    policydoc.Document
	policies []named // inline and attached
	// boundary limits what policies allow; nil where there is none.
	boundary *policydoc.Document
}

// named is a policy of a role. One that could not be read has no statements, and gives nothing that is known.
type named struct {
	name, text string
	inline     bool
	policydoc.Document
	problem error
}

// roles reads the account's roles, once. They are global, and told together with their policies.
func (v *view) roles(ctx context.Context) (*people, error) {
	if v.people != nil {
		return v.people, nil
	}
	found := &people{byARN: map[string]*person{}}
	details, managed, err := v.details(ctx)
	if err != nil {
		problem, retry := aws.Classify(aws.Call{Operation: "iam:GetAccountAuthorizationDetails", Resource: v.cell.Account, Cell: v.cell}, err)
		if retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal {
			return nil, failure.Classified(problem, retry)
		}
		found.unread = problem
	}
	for _, d := range details {
		role := read(d, managed)
		found.byARN[role.arn] = role
	}
	v.people = found
	return found, nil
}

func (v *view) details(ctx context.Context) ([]types.RoleDetail, map[string]string, error) {
	var roles []types.RoleDetail
	managed := map[string]string{} // documents by ARN
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(v.a.iam(v.cell), &iam.GetAccountAuthorizationDetailsInput{
		Filter:   []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy, types.EntityTypeAWSManagedPolicy},
		MaxItems: awssdk.Int32(1000),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		roles = append(roles, page.RoleDetailList...)
		for _, p := range page.Policies {
			for _, version := range p.PolicyVersionList {
				if version.IsDefaultVersion {
					managed[awssdk.ToString(p.Arn)] = awssdk.ToString(version.Document)
				}
			}
		}
	}
	return roles, managed, nil
}

func read(d types.RoleDetail, managed map[string]string) *person {
	role := &person{arn: awssdk.ToString(d.Arn), id: awssdk.ToString(d.RoleId), created: awssdk.ToTime(d.CreateDate)}
	role.trust = parse("", awssdk.ToString(d.AssumeRolePolicyDocument)).Document
	for _, p := range d.RolePolicyList {
		policy := parse(awssdk.ToString(p.PolicyName), awssdk.ToString(p.PolicyDocument))
		policy.inline = true
		role.policies = append(role.policies, policy)
	}
	for _, p := range d.AttachedManagedPolicies {
		role.policies = append(role.policies, parse(awssdk.ToString(p.PolicyArn), managed[awssdk.ToString(p.PolicyArn)]))
	}
	if b := d.PermissionsBoundary; b != nil {
		boundary := parse("", managed[awssdk.ToString(b.PermissionsBoundaryArn)])
		if boundary.problem == nil {
			role.boundary = &boundary.Document
		}
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

// allowing is the first policy of a role that allows all actions on a key, and whether any policy or the boundary denies
// one.
func (p *person) allowing(actions []string, key string, ctx policydoc.Context) (by string, denied string) {
	for _, action := range actions {
		request := policydoc.Request{Principal: p.arn, Action: action, Resource: key, Context: ctx}
		for _, policy := range p.policies {
			if policy.Identity(request).Effect == policydoc.Deny {
				return "", "policy " + policy.name + " denies it " + action
			}
		}
		if p.boundary != nil && p.boundary.Identity(request).Effect != policydoc.Allow {
			return "", "its permissions boundary does not allow " + action
		}
	}
	for _, policy := range p.policies {
		if allowsAll(actions, func(action string) bool {
			return policy.Identity(policydoc.Request{Principal: p.arn, Action: action, Resource: key, Context: ctx}).Effect == policydoc.Allow
		}) {
			return "policy " + policy.name, ""
		}
	}
	return "", ""
}

func allowsAll(actions []string, allowed func(string) bool) bool {
	for _, action := range actions {
		if !allowed(action) {
			return false
		}
	}
	return true
}
