package kms

import (
	"net/http"
	"slices"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/model"
	"rekey/awssim/wire"
	"rekey/awssim/wire/awsjson"
	"rekey/awssim/wire/restjson"
)

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "kms" }

// Protocol implements wire.Speaker.
func (s *Service) Protocol() wire.Protocol { return awsjson.Protocol{} }

// Operation implements wire.Service.
func (s *Service) Operation(c *wire.Call) string { return awsjson.Operation(c, "TrentService") }

// Serve implements wire.Service.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	operation := s.Operation(c)
	handle := s.handler(operation)
	if handle == nil {
		awsjson.Protocol{}.WriteError(w, awsjson.Protocol{}.Failure(wire.UnknownOperation, ""))
		return
	}
	if v := model.Check("kms", operation, restjson.Input(c)); v != nil {
		awsjson.Protocol{}.WriteError(w, invalid("%s", v))
		return
	}
	handle(w, c)
}

func (s *Service) handler(operation string) func(http.ResponseWriter, *wire.Call) {
	switch operation {
	case "DescribeKey":
		return awsjson.Handle(s.describeKey)
	case "CreateGrant":
		return awsjson.Handle(s.createGrant)
	case "ListGrants":
		return awsjson.Handle(s.listGrants)
	case "RevokeGrant":
		return awsjson.Handle(s.revokeGrant)
	case "RetireGrant":
		return awsjson.Handle(s.retireGrant)
	case "GetKeyPolicy":
		return awsjson.Handle(s.getKeyPolicy)
	case "PutKeyPolicy":
		return awsjson.Handle(s.putKeyPolicy)
	case "ListAliases":
		return awsjson.Handle(s.listAliases)
	case "GenerateDataKey":
		return awsjson.Handle(s.generateDataKey)
	case "Decrypt":
		return awsjson.Handle(s.decrypt)
	}
	return nil
}

// reference is a key as a caller names it.
type reference struct {
	arn   string // the key's ARN
	alias string // the alias by which it was named, empty for none
}

// resolve reads a KeyId: a key's id or ARN and, where aliases are taken, an alias's name or ARN. The key need
// not exist.
func (s *Service) resolve(c *wire.Call, id string, aliases bool) (reference, error) {
	full := id
	if !strings.HasPrefix(id, "arn:") {
		if !strings.HasPrefix(id, "alias/") {
			id = "key/" + id
		}
		full = "arn:aws:kms:" + c.Region + ":" + c.Principal.Account + ":" + id
	}
	arn, ok := identity.ParseARN(full)
	isAlias := ok && strings.HasPrefix(arn.Resource, "alias/")
	switch {
	case !ok || arn.Service != "kms" || !isAlias && !keyARN.MatchString(full):
		return reference{}, notFound("Invalid keyId '%s'", id)
	case arn.Region != c.Region:
		return reference{}, notFound("Invalid arn %s", arn.Region)
	case !isAlias:
		return reference{arn: full}, nil
	case !aliases:
		return reference{}, notFound("Invalid keyId '%s'", id)
	}
	if arn.Resource == "alias/aws/s3" && arn.Account == c.Principal.Account {
		return reference{arn: s.AWSManagedS3Key(arn.Account, arn.Region), alias: arn.Resource}, nil
	}
	s.mu.RLock()
	target := s.aliases[full]
	s.mu.RUnlock()
	if target == "" {
		return reference{}, notFound("Alias %s is not found.", full)
	}
	return reference{arn: target, alias: arn.Resource}, nil
}

// permit asks for an action on a key and finds it. Within the account a missing key is not found; beyond it
// the caller is denied.
func (s *Service) permit(c *wire.Call, action string, ref reference, context map[string]string, multi map[string][]string) (*key, error) {
	k := s.find(ref.arn)
	if k == nil && identity.AccountOf(ref.arn) == c.Principal.Account {
		return nil, notFound("Key '%s' does not exist", ref.arn)
	}
	r := authz.Request{Principal: c.Principal, Action: "kms:" + action, Resource: ref.arn, Context: context, Multi: multi}
	s.addAliases(&r, k, ref)
	if err := s.Auth.Authorize(r); err != nil {
		return nil, err
	}
	if k == nil {
		return nil, notFound("Key '%s' does not exist", ref.arn)
	}
	return k, nil
}

func (s *Service) addAliases(r *authz.Request, k *key, ref reference) {
	if ref.alias != "" {
		if r.Context == nil {
			r.Context = map[string]string{}
		}
		r.Context["kms:RequestAlias"] = ref.alias
	}
	if k == nil {
		return
	}
	k.mu.RLock()
	names := slices.Clone(k.key.Aliases)
	k.mu.RUnlock()
	if len(names) > 0 {
		if r.Multi == nil {
			r.Multi = map[string][]string{}
		}
		r.Multi["kms:ResourceAliases"] = names
	}
}

// ownOnly refuses other accounts' callers, for the operations without cross-account use (AWS KMS API
// Reference: "Cross-account use: No").
func (s *Service) ownOnly(c *wire.Call, action string, ref reference) error {
	if identity.AccountOf(ref.arn) == c.Principal.Account {
		return nil
	}
	denied := apierr.Denied(c.Principal.CallerARN(), "kms:"+action, ref.arn, "the operation can't be used across accounts")
	r := authz.Request{Principal: c.Principal, Action: "kms:" + action, Resource: ref.arn}
	s.Journal.Add(authz.Denial(s.Clock.Now(), r, denied))
	return denied
}

// changed puts a mutation into the journal.
func (s *Service) changed(p identity.Principal, action string, k *key, detail map[string]string) {
	s.Journal.Add(journal.Entry{
		Time: s.Clock.Now(), Kind: journal.Mutation, Account: k.key.Account, Region: k.key.Region,
		Principal: p.ARN, Action: "kms:" + action, Resource: k.arn, Detail: detail,
	})
}

// wouldSucceed is the answer to a dry run that was allowed.
func wouldSucceed() error {
	return fault("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
}
