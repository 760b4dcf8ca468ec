// Package kms is the simulated KMS: keys, key policies, grants, aliases and the two data-key operations.
package kms

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/clock"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/policy"
)

// DefaultGrantQuota is how many grants a key may have (AWS KMS Developer Guide, resource quotas).
const DefaultGrantQuota = 50_000

// Judge decides who may call, also under a key policy that isn't in force yet.
type Judge interface {
	authz.Authorizer
	// AuthorizeUnder decides as if p were the resource's policy.
	AuthorizeUnder(r authz.Request, p *policy.Policy) error
}

// Config is what a Service works with.
type Config struct {
	Clock   *clock.Clock
	Journal *journal.Journal
	// Auth decides who may call, and journals; Judge does without journaling.
	Auth  authz.Authorizer
	Judge Judge
	// Exists says whether a principal that a grant or a key policy names exists.
	Exists func(arn string) bool
	// UniqueID is the unique id of a role that exists, empty for other principals. A grant for an earlier role of the
	// same name counts for nothing, unless GrantsSurviveRecreation; whether it does is not documented.
	UniqueID                func(arn string) string
	GrantsSurviveRecreation bool
	// GoneID is the unique id of a role that was deleted, empty for other principals.
	GoneID func(arn string) string
	// GrantPropagation, RevocationLinger and GrantQuota are described at awssim.Settings; here zero is zero,
	// except that a GrantQuota of zero is the default.
	GrantPropagation, RevocationLinger time.Duration
	GrantQuota                         int
}

// Service is KMS for all accounts and Regions of a world. It is safe for concurrent use.
type Service struct {
	Config

	mu      sync.RWMutex
	keys    map[string]*key   // by ARN
	aliases map[string]string // alias ARN -> key ARN
}

// New is a KMS without keys.
func New(c Config) *Service {
	if c.GrantQuota == 0 {
		c.GrantQuota = DefaultGrantQuota
	}
	return &Service{Config: c, keys: map[string]*key{}, aliases: map[string]string{}}
}

// AddKey adds or replaces a key, usable at once. Its error names the policy that can't be read, or the ARN
// that isn't a key's.
func (s *Service) AddKey(k Key) error {
	built, err := s.newKey(k)
	if err != nil {
		return fmt.Errorf("adding key %s: %w", k.ARN, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.insert(built)
	return nil
}

func (s *Service) insert(k *key) {
	s.keys[k.arn] = k
	for _, a := range k.key.Aliases {
		s.aliases["arn:aws:kms:"+k.key.Region+":"+k.key.Account+":"+a] = k.arn
	}
}

// Key is the key of that ARN as it is now.
func (s *Service) Key(arn string) (Key, bool) {
	k := s.find(arn)
	if k == nil {
		return Key{}, false
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	shown := k.key
	shown.Aliases = slices.Clone(shown.Aliases)
	return shown, true
}

// SetKeyState changes a key's state at once, for example to Disabled.
func (s *Service) SetKeyState(keyARN, state string) error {
	k := s.find(keyARN)
	if k == nil {
		return fmt.Errorf("setting the state of %s: no such key", keyARN)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key.setState(state, s.Clock.Now())
	return nil
}

// SetKeyPolicy changes a key's policy at once and without a caller, for worlds whose owners change things
// behind rekey's back.
func (s *Service) SetKeyPolicy(keyARN, doc string) error {
	k := s.find(keyARN)
	if k == nil {
		return fmt.Errorf("setting the policy of %s: no such key", keyARN)
	}
	parsed, err := policy.Parse(doc, policy.Key)
	if err != nil {
		return fmt.Errorf("setting the policy of %s: %w", keyARN, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key.Policy, k.policy = doc, parsed
	return nil
}

// AddGrant adds a grant that is effective at once.
func (s *Service) AddGrant(keyARN string, g Grant) error {
	k := s.find(keyARN)
	if k == nil {
		return fmt.Errorf("adding a grant on %s: no such key", keyARN)
	}
	if g.ID == "" {
		g.ID = newGrantID()
	}
	if g.IssuingAccount == "" {
		g.IssuingAccount = identity.Root(k.key.Account).ARN
	}
	if g.Created.IsZero() {
		g.Created = s.Clock.Now()
	}
	if g.GranteeID == "" {
		g.GranteeID = s.uniqueID(g.Grantee)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.grants.add(g, time.Time{})
	return nil
}

// Grants are a key's grants as they are now, oldest first.
func (s *Service) Grants(keyARN string) []Grant {
	k := s.find(keyARN)
	if k == nil {
		return nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	list := make([]Grant, len(k.grants.order))
	for i, g := range k.grants.order {
		list[i] = g.Grant
	}
	return list
}

// AWSManagedS3Key is the ARN of the account's AWS managed key for S3 in a Region (aws/s3), which is created
// when it doesn't exist yet.
func (s *Service) AWSManagedS3Key(account, region string) (keyARN string) {
	arn := ManagedS3KeyARN(account, region)
	if s.find(arn) != nil {
		return arn
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[arn] == nil {
		built, err := s.newKey(managedS3Key(account, region))
		if err != nil {
			return arn // an account or Region that can't stand in an ARN has no key
		}
		s.insert(built)
	}
	return arn
}

func (s *Service) find(arn string) *key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.keys[arn]
}
