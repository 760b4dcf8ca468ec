package iam

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/journal"
	"rekey/awssim/model"
	"rekey/awssim/policy"
	"rekey/awssim/wire"
	"rekey/awssim/wire/query"
)

// MaxInline is the most characters, white space not counted, that a role's inline policies may have together
// (IAM User Guide, IAM and STS quotas).
const MaxInline = 10_240

var protocol = query.Protocol{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", Version: "2010-05-08"}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "iam" }

// Protocol implements wire.Speaker.
func (s *Service) Protocol() wire.Protocol { return protocol }

// Operation implements wire.Service.
func (s *Service) Operation(c *wire.Call) string { return protocol.Operation(c) }

// Serve implements wire.Service.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	operations := map[string]func(*wire.Call, url.Values) (any, error){
		"GetRole":          s.getRole,
		"ListRolePolicies": s.listRolePolicies,
		"GetRolePolicy":    s.getRolePolicy,
		"PutRolePolicy":    s.putRolePolicy,
		"DeleteRolePolicy": s.deleteRolePolicy,

		"GetAccountAuthorizationDetails": s.getAccountAuthorizationDetails,
	}
	op := s.Operation(c)
	f := operations[op]
	if f == nil {
		protocol.WriteError(w, protocol.Failure(wire.UnknownOperation, "Could not find operation "+op+" for version 2010-05-08"))
		return
	}
	if v := model.Check("iam", op, query.Input(query.Form(c))); v != nil {
		protocol.WriteError(w, invalid("%s", v))
		return
	}
	protocol.Handle(op, f)(w, c)
}

// target checks the caller's permission and the role's existence, in this order. The permission is asked for even
// when there is no such role: IAM doesn't tell strangers.
func (s *Service) target(c *wire.Call, form url.Values, action string) (*role, error) {
	name := form.Get("RoleName")
	r := s.named(c.Principal.Account, name)
	arn := "arn:aws:iam::" + c.Principal.Account + ":role/" + name
	if r != nil {
		arn = r.arn
	}
	if err := s.Auth.Authorize(authz.Request{Principal: c.Principal, Action: "iam:" + action, Resource: arn}); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, noSuchEntity("The role with name %s cannot be found.", name)
	}
	return r, nil
}

func (s *Service) putRolePolicy(c *wire.Call, form url.Values) (any, error) {
	doc := form.Get("PolicyDocument")
	r, err := s.target(c, form, "PutRolePolicy")
	if err != nil {
		return nil, err
	}
	if isServiceLinked(r) {
		return nil, unmodifiable(r)
	}
	parsed, err := policy.Parse(doc, policy.Identity)
	if err != nil {
		return nil, apierr.New("MalformedPolicyDocument", http.StatusBadRequest, "Syntax errors in policy: %s", err)
	}
	return nil, s.change(c, r, "PutRolePolicy", form.Get("PolicyName"), doc, parsed)
}

func (s *Service) deleteRolePolicy(c *wire.Call, form url.Values) (any, error) {
	r, err := s.target(c, form, "DeleteRolePolicy")
	if err != nil {
		return nil, err
	}
	if isServiceLinked(r) {
		return nil, unmodifiable(r)
	}
	return nil, s.change(c, r, "DeleteRolePolicy", form.Get("PolicyName"), "", nil)
}

// change sets a policy, effective after the propagation delay, and puts it into the journal.
func (s *Service) change(c *wire.Call, r *role, action, name, doc string, parsed *policy.Policy) error {
	now := s.Clock.Now()
	existed, err := r.set(name, doc, parsed, now.Add(s.Propagation), func(docs map[string]string) error {
		return checkSize(r, docs)
	})
	if err != nil {
		return err
	}
	if doc == "" && !existed {
		return noSuchEntity("The role policy with name %s cannot be found.", name)
	}
	s.Journal.Add(journal.Entry{
		Time: now, Kind: journal.Mutation, Account: r.account, Principal: c.Principal.ARN,
		Action: "iam:" + action, Resource: r.arn, Detail: map[string]string{"policyName": name, "policyDocument": doc},
	})
	return nil
}

func checkSize(r *role, docs map[string]string) error {
	size := 0
	for _, doc := range docs {
		for _, c := range doc {
			if !unicode.IsSpace(c) {
				size++
			}
		}
	}
	if size > MaxInline {
		return apierr.New("LimitExceeded", http.StatusConflict,
			"Maximum policy size of %d bytes exceeded for role %s", MaxInline, r.name)
	}
	return nil
}

// SetInline changes an inline policy at once and without a caller, for worlds whose owners change things
// behind rekey's back; an empty document deletes it.
func (s *Service) SetInline(roleARN, name, doc string) error {
	r := s.find(roleARN)
	if r == nil {
		return noSuchEntity("The role %s cannot be found.", roleARN)
	}
	var parsed *policy.Policy
	if doc != "" {
		var err error
		if parsed, err = policy.Parse(doc, policy.Identity); err != nil {
			return err
		}
	}
	_, err := r.set(name, doc, parsed, time.Time{}, func(map[string]string) error { return nil })
	return err
}

func isServiceLinked(r *role) bool { return strings.HasPrefix(r.seed.Path, "/aws-service-role/") }

func unmodifiable(r *role) error {
	return apierr.New("UnmodifiableEntity", http.StatusBadRequest,
		"Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.name)
}

func noSuchEntity(format string, args ...any) error {
	return apierr.New("NoSuchEntity", http.StatusNotFound, format, args...)
}

func invalid(format string, args ...any) error {
	return apierr.New("ValidationError", http.StatusBadRequest, format, args...)
}
