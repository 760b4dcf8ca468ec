package kms

import (
	"strings"

	"rekey/awssim/authz"
	"rekey/awssim/policy"
	"rekey/awssim/wire"
)

// MaxPolicy is the most bytes of a key policy (AWS KMS Developer Guide, resource quotas).
const MaxPolicy = 32_768

type getKeyPolicyIn struct {
	KeyID      string `json:"KeyId"`
	PolicyName string
}

type getKeyPolicyOut struct{ Policy, PolicyName string }

func (s *Service) getKeyPolicy(c *wire.Call, in getKeyPolicyIn) (getKeyPolicyOut, error) {
	k, err := s.ownKey(c, "GetKeyPolicy", in.KeyID, in.PolicyName, nil)
	if err != nil {
		return getKeyPolicyOut{}, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return getKeyPolicyOut{Policy: s.show(k), PolicyName: "default"}, nil
}

// show is a key's policy as GetKeyPolicy answers it: a role that was deleted stands there as its unique id, with which
// nobody can put the policy back.
func (s *Service) show(k *key) string {
	text := k.key.Policy
	for _, p := range k.policy.Principals() {
		if s.GoneID == nil {
			break
		}
		if id := s.GoneID(p); id != "" {
			text = strings.ReplaceAll(text, `"`+p+`"`, `"`+id+`"`)
		}
	}
	return text
}

// ownKey finds a key of the caller's account for an operation on its policy, of which there is one, "default".
func (s *Service) ownKey(c *wire.Call, action, keyID, name string, context map[string]string) (*key, error) {
	ref, err := s.resolve(c, keyID, false)
	if err != nil {
		return nil, err
	}
	if err := s.ownOnly(c, action, ref); err != nil {
		return nil, err
	}
	k, err := s.permit(c, action, ref, context, nil)
	if err != nil {
		return nil, err
	}
	if name != "" && name != "default" {
		return nil, notFound("No such policy exists")
	}
	return k, nil
}

type putKeyPolicyIn struct {
	KeyID                          string `json:"KeyId"`
	PolicyName                     string
	Policy                         string
	BypassPolicyLockoutSafetyCheck bool
}

func (s *Service) putKeyPolicy(c *wire.Call, in putKeyPolicyIn) (nothing, error) {
	bypass := "false"
	if in.BypassPolicyLockoutSafetyCheck {
		bypass = "true"
	}
	k, err := s.ownKey(c, "PutKeyPolicy", in.KeyID, in.PolicyName, map[string]string{"kms:BypassPolicyLockoutSafetyCheck": bypass})
	if err != nil {
		return nothing{}, err
	}
	parsed, err := s.checkPolicy(c, k, in)
	if err != nil {
		return nothing{}, err
	}
	k.mu.Lock()
	before := k.key.Policy
	k.key.Policy, k.policy = in.Policy, parsed
	k.mu.Unlock()
	s.changed(c.Principal, "PutKeyPolicy", k, map[string]string{"before": before, "policy": in.Policy})
	return nothing{}, nil
}

// checkPolicy is what PutKeyPolicy asks of a policy (AWS KMS API Reference): it is well-formed, at most 32 KB,
// names principals that exist, and lets the caller put another one.
func (s *Service) checkPolicy(c *wire.Call, k *key, in putKeyPolicyIn) (*policy.Policy, error) {
	if len(in.Policy) > MaxPolicy {
		return nil, fault("LimitExceededException", "The key policy exceeds %d bytes", MaxPolicy)
	}
	parsed, err := policy.Parse(in.Policy, policy.Key)
	if err != nil {
		return nil, malformed("%s", err)
	}
	for _, p := range parsed.Principals() {
		if !s.Exists(p) {
			return nil, malformed("Policy contains a statement with one or more invalid principals.")
		}
	}
	if in.BypassPolicyLockoutSafetyCheck {
		return parsed, nil
	}
	again := authz.Request{
		Principal: c.Principal, Action: "kms:PutKeyPolicy", Resource: k.arn,
		Context: map[string]string{"kms:BypassPolicyLockoutSafetyCheck": "false"},
	}
	if s.Judge.AuthorizeUnder(again, parsed) != nil {
		return nil, malformed("The new key policy will not allow you to update the key policy in the future.")
	}
	return parsed, nil
}

func malformed(format string, args ...any) error {
	return fault("MalformedPolicyDocumentException", format, args...)
}
