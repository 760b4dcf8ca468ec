package kms

import (
	"maps"
	"slices"
	"strings"
	"time"

	"rekey/awssim/identity"
	"rekey/awssim/wire"
)

type constraintsJSON struct {
	EncryptionContextEquals map[string]string `json:",omitempty"`
	EncryptionContextSubset map[string]string `json:",omitempty"`
	SourceArn               string            `json:",omitempty"`
}

type createGrantIn struct {
	Constraints              *constraintsJSON
	DryRun                   bool
	GranteePrincipal         string
	GranteeServicePrincipal  string
	GrantTokens              []string
	KeyID                    string `json:"KeyId"`
	Name                     string
	Operations               []string
	RetiringPrincipal        string
	RetiringServicePrincipal string
}

type createGrantOut struct {
	GrantID    string `json:"GrantId"`
	GrantToken string
}

// encryptOperations are the grant operations of keys for encryption (AWS KMS API Reference, CreateGrant).
var encryptOperations = []string{
	"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
	"CreateGrant", "RetireGrant", "DescribeKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
}

// validate is what the model doesn't say. A grantee may be missing there since services can be one.
func (in *createGrantIn) validate() error {
	switch {
	case in.GranteeServicePrincipal != "" || in.RetiringServicePrincipal != "":
		return invalid("grants to service principals are not simulated")
	case in.GranteePrincipal == "":
		return invalid("1 validation error detected: Value null at 'granteePrincipal' failed to satisfy constraint: Member must not be null")
	case len(in.Operations) == 0:
		return invalid("A grant needs at least one operation.")
	case !slices.ContainsFunc(in.Operations, func(op string) bool { return op != "CreateGrant" }):
		return invalid("Grants must not contain only the CreateGrant operation.")
	}
	if in.Constraints == nil {
		return nil
	}
	for _, context := range []map[string]string{in.Constraints.EncryptionContextEquals, in.Constraints.EncryptionContextSubset} {
		if len(context) > 8 {
			return invalid("an encryption context constraint has at most 8 pairs")
		}
		for _, value := range context {
			if len(value) > 384 {
				return invalid("an encryption context constraint's value has at most 384 characters")
			}
		}
	}
	return nil
}

// conditions are the condition keys of the request (AWS KMS Developer Guide, AWS KMS condition keys).
func (in *createGrantIn) conditions() (map[string]string, map[string][]string) {
	context := map[string]string{
		"kms:GrantIsForAWSResource": "false",
		"kms:GranteePrincipal":      in.GranteePrincipal,
	}
	if in.RetiringPrincipal != "" {
		context["kms:RetiringPrincipal"] = in.RetiringPrincipal
	}
	if in.Constraints != nil && len(in.Constraints.EncryptionContextEquals) > 0 {
		context["kms:GrantConstraintType"] = "EncryptionContextEquals"
	} else if in.Constraints != nil && len(in.Constraints.EncryptionContextSubset) > 0 {
		context["kms:GrantConstraintType"] = "EncryptionContextSubset"
	}
	return context, map[string][]string{"kms:GrantOperations": in.Operations}
}

func (in *createGrantIn) grant(issuer string) Grant {
	g := Grant{
		Name: in.Name, Grantee: in.GranteePrincipal, Retiring: in.RetiringPrincipal,
		IssuingAccount: identity.Root(issuer).ARN, Operations: in.Operations,
	}
	if in.Constraints != nil {
		g.Constraints = Constraints{
			Equals: in.Constraints.EncryptionContextEquals, Subset: in.Constraints.EncryptionContextSubset,
			SourceARN: in.Constraints.SourceArn,
		}
	}
	return g
}

func (s *Service) createGrant(c *wire.Call, in createGrantIn) (createGrantOut, error) {
	if err := in.validate(); err != nil {
		return createGrantOut{}, err
	}
	ref, err := s.resolve(c, in.KeyID, false)
	if err != nil {
		return createGrantOut{}, err
	}
	context, multi := in.conditions()
	tokens, err := grantTokens(in.GrantTokens)
	if err != nil {
		return createGrantOut{}, err
	}
	maps.Copy(multi, tokens)
	k, err := s.permit(c, "CreateGrant", ref, context, multi)
	if err != nil {
		return createGrantOut{}, err
	}
	for _, principal := range []string{in.GranteePrincipal, in.RetiringPrincipal} {
		if principal != "" && !s.Exists(principal) {
			return createGrantOut{}, fault("InvalidArnException", "ARN does not refer to a valid principal: %s", principal)
		}
	}
	g, made, err := s.make(k, in.grant(c.Principal.Account), in.DryRun)
	if err != nil {
		return createGrantOut{}, err
	}
	if made {
		s.changed(c.Principal, "CreateGrant", k, g.detail())
	}
	return createGrantOut{GrantID: g.ID, GrantToken: newToken(g.ID)}, nil
}

// make adds a grant that will be effective after the propagation delay, or finds the one that is the same; it
// says which.
func (s *Service) make(k *key, g Grant, dryRun bool) (Grant, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := checkState(k.key, "CreateGrant"); err != nil {
		return g, false, err
	}
	if err := checkOperations(k.key, g); err != nil {
		return g, false, err
	}
	found := k.grants.named(g)
	if found == nil && len(k.grants.order) >= s.GrantQuota {
		return g, false, fault("LimitExceededException", "The number of grants on %s would exceed the quota of %d", k.arn, s.GrantQuota)
	}
	if dryRun {
		return g, false, wouldSucceed()
	}
	if found != nil {
		return found.Grant, false, nil
	}
	g.ID, g.Created, g.GranteeID = newGrantID(), s.Clock.Now(), s.uniqueID(g.Grantee)
	k.grants.add(g, g.Created.Add(s.GrantPropagation))
	return g, true, nil
}

// checkOperations refuses what the key can't do. Constraints are for symmetric keys alone.
func checkOperations(k Key, g Grant) error {
	symmetric := k.Usage == "ENCRYPT_DECRYPT" && k.Spec == "SYMMETRIC_DEFAULT"
	for _, op := range g.Operations {
		if symmetric != slices.Contains(encryptOperations, op) && op != "DescribeKey" && op != "CreateGrant" && op != "RetireGrant" {
			return invalid("Operation %s is not supported by key %s of usage %s", op, k.ARN, k.Usage)
		}
	}
	if !symmetric && (len(g.Constraints.Equals) > 0 || len(g.Constraints.Subset) > 0) {
		return invalid("encryption context constraints need a symmetric encryption key")
	}
	return nil
}

// detail is what the journal says about a grant.
func (g Grant) detail() map[string]string {
	return map[string]string{
		"grantId": g.ID, "grantName": g.Name, "grantee": g.Grantee, "operations": strings.Join(g.Operations, ","),
		"created": g.Created.UTC().Format(time.RFC3339Nano), "issuingAccount": g.IssuingAccount,
	}
}
