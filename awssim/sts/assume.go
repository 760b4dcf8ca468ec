package sts

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/policy"
	"rekey/awssim/wire"
)

// MaxChained is the longest session that a role's session may start of another role (AWS STS API Reference,
// AssumeRole).
const MaxChained = time.Hour

// maxSessionPolicy is the most characters of a session policy.
const maxSessionPolicy = 2048

// assumption is an AssumeRole request that the model allows.
type assumption struct {
	roleARN, session, externalID, source, policy string
	duration                                     time.Duration
	tags                                         map[string]string
}

func readAssumption(form url.Values) (assumption, error) {
	a := assumption{
		roleARN: form.Get("RoleArn"), session: form.Get("RoleSessionName"), externalID: form.Get("ExternalId"),
		source: form.Get("SourceIdentity"), policy: form.Get("Policy"), duration: time.Hour,
	}
	arn, ok := identity.ParseARN(a.roleARN)
	switch {
	case !ok || arn.Service != "iam":
		return a, invalid("%s is invalid", a.roleARN)
	case form.Has("PolicyArns.member.1.arn"), form.Has("SerialNumber"), form.Has("ProvidedContexts.member.1.ProviderArn"):
		return a, invalid("PolicyArns, SerialNumber and ProvidedContexts are not simulated")
	}
	if text := form.Get("DurationSeconds"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return a, apierr.New("MalformedInput", http.StatusBadRequest, "DurationSeconds %q is no number", text)
		}
		a.duration = time.Duration(seconds) * time.Second
	}
	a.tags = tags(form)
	return a, a.checkPolicy()
}

func tags(form url.Values) map[string]string {
	found := map[string]string{}
	for i := 1; i <= 50; i++ {
		prefix := "Tags.member." + strconv.Itoa(i)
		if key := form.Get(prefix + ".Key"); key != "" {
			found[key] = form.Get(prefix + ".Value")
		}
	}
	return found
}

func (a assumption) checkPolicy() error {
	if a.policy == "" {
		return nil
	}
	if len(a.policy) > maxSessionPolicy {
		return invalid("The session policy exceeds %d characters", maxSessionPolicy) // not in the model
	}
	if _, err := policy.Parse(a.policy, policy.Identity); err != nil {
		return apierr.New("MalformedPolicyDocument", http.StatusBadRequest, "%s", err)
	}
	return nil
}

func (s *Service) assumeRole(c *wire.Call, form url.Values) (any, error) {
	a, err := readAssumption(form)
	if err != nil {
		return nil, err
	}
	if err := s.permit(c.Principal, a); err != nil {
		return nil, err
	}
	role, ok := s.Roles.Role(a.roleARN)
	if !ok {
		return nil, apierr.Denied(c.Principal.CallerARN(), "sts:AssumeRole", a.roleARN, "the role does not exist")
	}
	if c.Principal.IsRole() && a.duration > MaxChained {
		return nil, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if a.duration > role.MaxSession {
		return nil, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	p := identity.Role(a.roleARN, a.session)
	p.SessionPolicy = a.policy
	started := s.Start(p, a.duration)
	return answer(role.ID, started, a), nil
}

// permit asks the role's trust policy, and the caller's own where that is needed. Root users can't assume
// roles (AWS STS API Reference, AssumeRole).
func (s *Service) permit(p identity.Principal, a assumption) error {
	if p.IsRoot() {
		return apierr.Denied(p.ARN, "sts:AssumeRole", a.roleARN, "roles may not be assumed by root accounts.")
	}
	context := map[string]string{"sts:RoleSessionName": a.session}
	if a.externalID != "" {
		context["sts:ExternalId"] = a.externalID
	}
	if a.source != "" {
		context["sts:SourceIdentity"] = a.source
	}
	for key, value := range a.tags {
		context["aws:RequestTag/"+key] = value
	}
	actions := []string{"sts:AssumeRole"}
	if a.source != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	if len(a.tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	for _, action := range actions {
		r := authz.Request{Principal: p, Action: action, Resource: a.roleARN, Context: context}
		if err := s.Auth.Authorize(r); err != nil {
			return err
		}
	}
	return nil
}

func answer(roleID string, started Session, a assumption) any {
	type user struct {
		AssumedRoleID string `xml:"AssumedRoleId"`
		Arn           string
	}
	type credentials struct {
		AccessKeyID     string `xml:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      string
	}
	return struct {
		AssumedRoleUser  user
		Credentials      credentials
		PackedPolicySize int    `xml:",omitempty"`
		SourceIdentity   string `xml:",omitempty"`
	}{
		AssumedRoleUser: user{roleID + ":" + a.session, started.Principal.CallerARN()},
		Credentials: credentials{
			started.AccessKeyID, started.Secret, started.Token, started.Expires.UTC().Format(time.RFC3339),
		},
		PackedPolicySize: (len(a.policy)*100 + maxSessionPolicy - 1) / maxSessionPolicy,
		SourceIdentity:   a.source,
	}
}

func invalid(format string, args ...any) error {
	return apierr.New("ValidationError", http.StatusBadRequest, "%s", fmt.Sprintf(format, args...))
}
