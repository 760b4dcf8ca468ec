package kms

import (
	"slices"
	"strings"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
)

// contextPrefix is in front of the condition keys for an encryption context's pairs.
const contextPrefix = "kms:EncryptionContext:"

// tokensKey is where requests carry grant tokens; it is no condition key of AWS's.
const tokensKey = "awssim:GrantTokens"

// ResourcePolicy implements authz.Resources.
func (s *Service) ResourcePolicy(arn string) (authz.Attached, bool) {
	k := s.find(arn)
	if k == nil {
		return authz.Attached{Account: identity.AccountOf(arn)}, false
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return authz.Attached{Account: k.key.Account, Policy: k.policy}, true
}

// Granted implements authz.Grants.
func (s *Service) Granted(r authz.Request) []authz.Grant {
	k := s.find(r.Resource)
	if k == nil {
		return nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return granted(k.grants.byGrantee, r, s.Clock.Now(), s.isLive)
}

// uniqueID is a role's, empty where nobody can tell.
func (s *Service) uniqueID(arn string) string {
	if s.UniqueID == nil {
		return ""
	}
	return s.UniqueID(arn)
}

// isLive reports whether a grant is for the role of that name that exists now.
func (s *Service) isLive(g *grant) bool {
	return s.GrantsSurviveRecreation || g.GranteeID == "" || g.GranteeID == s.uniqueID(g.Grantee)
}

// granted lists the grants that fit a request at an instant; a zero instant ignores propagation.
func granted(byGrantee map[string][]*grant, r authz.Request, now time.Time, isLive func(*grant) bool) []authz.Grant {
	operation := strings.TrimPrefix(r.Action, "kms:")
	grantees := []string{r.Principal.ARN, r.Principal.CallerARN(), identity.Root(r.Principal.Account).ARN}
	var fitting []authz.Grant
	for i, grantee := range grantees {
		if slices.Contains(grantees[:i], grantee) {
			continue
		}
		for _, g := range byGrantee[grantee] {
			if !now.IsZero() && !g.effective(now) && !slices.Contains(r.Multi[tokensKey], g.ID) {
				continue
			}
			if isLive(g) && slices.Contains(g.Operations, operation) && constrained(g.Constraints, operation, r) {
				fitting = append(fitting, authz.Grant{Issuer: identity.AccountOf(g.IssuingAccount), ToAccount: i == 2})
			}
		}
	}
	return fitting
}

// constrained checks the constraints, which don't concern the operations without an encryption context (AWS
// KMS API Reference, CreateGrant, Constraints).
func constrained(c Constraints, operation string, r authz.Request) bool {
	if operation == "DescribeKey" || operation == "RetireGrant" || operation == "CreateGrant" {
		return true
	}
	if len(c.Equals) == 0 && len(c.Subset) == 0 && c.SourceARN == "" {
		return true
	}
	context := map[string]string{}
	for key, value := range r.Context {
		if pair, ok := strings.CutPrefix(key, contextPrefix); ok {
			context[pair] = value
		}
	}
	return c.fits(context, r.Context["aws:SourceArn"])
}

// Use is a cryptographic operation that is asked for: by an API caller, or by S3 for one.
type Use struct {
	Principal identity.Principal
	KeyARN    string
	// Region is where it is asked for; the key must be there.
	Region string
	// Operation is GenerateDataKey or Decrypt.
	Operation string
	// Context is the encryption context.
	Context map[string]string
	// Via is the service that asks in the principal's name, for example s3.eu-west-1.amazonaws.com; empty for a
	// direct call.
	Via string
	// tokens are the ids of grants whose tokens came along.
	tokens []string
}

// Request is the authorization that the use needs.
func (u Use) Request() authz.Request {
	r := authz.Request{
		Principal: u.Principal, Action: "kms:" + u.Operation, Resource: u.KeyARN,
		Context: make(map[string]string, len(u.Context)+2), Multi: map[string][]string{},
	}
	names := make([]string, 0, len(u.Context))
	for key, value := range u.Context {
		r.Context[contextPrefix+key] = value
		names = append(names, key)
	}
	if len(names) > 0 {
		r.Multi["kms:EncryptionContextKeys"] = names
	}
	if u.Via != "" {
		r.Context["kms:ViaService"] = u.Via
		r.Context["aws:ViaAWSService"] = "true"
	}
	if len(u.tokens) > 0 {
		r.Multi[tokensKey] = u.tokens
	}
	return r
}

// Use checks that the operation may be performed: the key exists in the Region, the principal may use it,
// and its state allows it. It is journaled when denied.
func (s *Service) Use(u Use) error {
	k, ok := s.Key(u.KeyARN)
	return use(s.Auth, k, ok, u)
}

func use(auth authz.Authorizer, k Key, exists bool, u Use) error {
	arn, _ := identity.ParseARN(u.KeyARN)
	if arn.Region != u.Region {
		return notFound("Invalid arn %s", arn.Region)
	}
	if !exists && arn.Account == u.Principal.Account {
		return notFound("Key '%s' does not exist", u.KeyARN)
	}
	if err := auth.Authorize(u.Request()); err != nil {
		return err
	}
	if err := checkState(k, u.Operation); err != nil {
		return err
	}
	return checkUsage(k)
}

// Resolve is the key's ARN for a key id, a key ARN, or an alias with or without its ARN, as an account means it
// in a Region; "" for an alias that doesn't exist.
func (s *Service) Resolve(account, region, id string) string {
	prefix := "arn:aws:kms:" + region + ":" + account + ":"
	switch {
	case strings.HasPrefix(id, "alias/"):
		id = prefix + id
	case !strings.HasPrefix(id, "arn:"):
		return prefix + "key/" + id
	}
	if !strings.Contains(id, ":alias/") {
		return id
	}
	if id == prefix+"alias/aws/s3" {
		return s.AWSManagedS3Key(account, region)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.aliases[id]
}
