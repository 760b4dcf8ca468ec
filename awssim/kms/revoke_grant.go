package kms

import (
	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/wire"
)

type revokeGrantIn struct {
	KeyID   string `json:"KeyId"`
	GrantID string `json:"GrantId"`
	DryRun  bool
}

type nothing struct{}

func (s *Service) revokeGrant(c *wire.Call, in revokeGrantIn) (nothing, error) {
	ref, err := s.resolve(c, in.KeyID, false)
	if err != nil {
		return nothing{}, err
	}
	k, err := s.permit(c, "RevokeGrant", ref, map[string]string{"kms:GrantIsForAWSResource": "false"}, nil)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.end(c, k, "RevokeGrant", in.GrantID, in.DryRun, func(Grant) error { return nil })
}

type retireGrantIn struct {
	GrantToken string
	KeyID      string `json:"KeyId"`
	GrantID    string `json:"GrantId"`
	DryRun     bool
}

// retireGrant is for those that the grant itself names: the retiring principal, a grantee whose grant has
// RetireGrant, and the account that issued it, whose principals need kms:RetireGrant besides (AWS KMS
// Developer Guide, retiring and revoking grants).
func (s *Service) retireGrant(c *wire.Call, in retireGrantIn) (nothing, error) {
	k, id, err := s.retired(c, in)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.end(c, k, "RetireGrant", id, in.DryRun, func(g Grant) error { return s.mayRetire(c, k, g) })
}

// retired finds the key and the id of the grant that is meant.
func (s *Service) retired(c *wire.Call, in retireGrantIn) (*key, string, error) {
	if (in.GrantToken == "") == (in.KeyID == "" || in.GrantID == "") {
		return nil, "", invalid("either a GrantToken, or a KeyId and a GrantId")
	}
	if in.GrantToken != "" {
		id, err := grantOf(in.GrantToken)
		if err != nil {
			return nil, "", err
		}
		if k := s.holding(id, c.Region); k != nil {
			return k, id, nil
		}
		return nil, "", fault("InvalidGrantTokenException", "The grant token is not valid")
	}
	ref, err := s.resolve(c, in.KeyID, false)
	if err != nil {
		return nil, "", err
	}
	k := s.find(ref.arn)
	if k == nil {
		return nil, "", notFound("Key '%s' does not exist", ref.arn)
	}
	return k, in.GrantID, nil
}

// holding is the Region's key with a grant. A token doesn't name its key, so all are asked; it is rare.
func (s *Service) holding(grantID, region string) *key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range s.keys {
		k.mu.RLock()
		found := k.grants.byID[grantID] != nil && k.key.Region == region
		k.mu.RUnlock()
		if found {
			return k
		}
	}
	return nil
}

func (s *Service) mayRetire(c *wire.Call, k *key, g Grant) error {
	p := c.Principal
	if g.Retiring == p.ARN || g.Retiring == p.CallerARN() {
		return nil
	}
	r := authz.Request{Principal: p, Action: "kms:RetireGrant", Resource: k.arn}
	account := identity.Root(p.Account).ARN
	r.IdentityOnly = g.Retiring == account || g.IssuingAccount == account
	return s.Auth.Authorize(r)
}

// end removes a grant, which may linger, and journals it.
func (s *Service) end(c *wire.Call, k *key, action, id string, dryRun bool, may func(Grant) error) error {
	k.mu.RLock()
	found := k.grants.byID[id]
	k.mu.RUnlock()
	if found == nil {
		return notFound("Grant ID %s not found", id)
	}
	if err := may(found.Grant); err != nil {
		return err
	}
	if dryRun {
		return wouldSucceed()
	}
	k.mu.Lock()
	if k.grants.byID[id] != found {
		k.mu.Unlock()
		return notFound("Grant ID %s not found", id)
	}
	k.grants.remove(found, s.Clock.Now().Add(s.RevocationLinger))
	if s.RevocationLinger <= 0 {
		k.grants.forget(found)
	} else {
		s.Clock.After(s.RevocationLinger, func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.grants.forget(found)
		})
	}
	k.mu.Unlock()
	s.changed(c.Principal, action, k, found.detail())
	return nil
}
