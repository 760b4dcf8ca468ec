// Package s3 is the simulated S3: buckets, their policies, and objects that carry the encryption under which
// they were written. Buckets have no versions, and objects are kept in memory.
package s3

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/btree"

	"rekey/awssim/authz"
	"rekey/awssim/clock"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
	"rekey/awssim/policy"
)

// Config is what a Service works with.
type Config struct {
	Clock   *clock.Clock
	Journal *journal.Journal
	Auth    authz.Authorizer
	KMS     *kms.Service
	// BucketKeyCache is described at awssim.Settings.
	BucketKeyCache time.Duration
}

// Service is S3 for all accounts and Regions of a world. It is safe for concurrent use.
type Service struct {
	Config

	mu      sync.RWMutex
	buckets map[string]*bucket

	bucketKeys sync.Map // cached -> time.Time, until when
}

// New is an S3 without buckets.
func New(c Config) *Service { return &Service{Config: c, buckets: map[string]*bucket{}} }

// bucket is a Bucket with its policy parsed and its objects by key.
type bucket struct {
	mu       sync.RWMutex
	settings Bucket
	policy   *policy.Policy
	objects  *btree.BTreeG[*Object]
}

// degree of the tree: nodes of 31 to 63 objects.
const degree = 32

func byKey(a, b *Object) bool { return a.Key < b.Key }

// AddBucket adds or replaces a bucket's settings; objects that it holds stay. Its error names the policy that
// can't be read.
func (s *Service) AddBucket(b Bucket) error {
	var parsed *policy.Policy
	if b.Policy != "" {
		var err error
		if parsed, err = policy.Parse(b.Policy, policy.Resource); err != nil {
			return fmt.Errorf("adding bucket %s: policy: %w", b.Name, err)
		}
	}
	if b.Name == "" || strings.Contains(b.Name, "/") || !identity.IsAccountID(b.Account) || b.Region == "" {
		return fmt.Errorf("adding bucket %q: needs a name, an account and a Region", b.Name)
	}
	if b.Default.Algorithm == "" {
		b.Default.Algorithm = sseS3
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.buckets[b.Name]
	if held == nil {
		held = &bucket{objects: btree.NewG(degree, byKey)}
		s.buckets[b.Name] = held
	}
	held.mu.Lock()
	defer held.mu.Unlock()
	held.settings, held.policy = b, parsed
	return nil
}

// Bucket is the bucket of that name.
func (s *Service) Bucket(name string) (Bucket, bool) {
	b := s.find(name)
	if b == nil {
		return Bucket{}, false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.settings, true
}

// Stat shows an object without any permission check, for the world's own use and for tests.
func (s *Service) Stat(bucket, key string) (Object, bool) {
	b := s.find(bucket)
	if b == nil {
		return Object{}, false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	o, ok := b.objects.Get(&Object{Key: key})
	if !ok {
		return Object{}, false
	}
	return *o, true
}

// RemovePrefix removes the objects whose keys begin with prefix: retention, or a test's clean-up.
func (s *Service) RemovePrefix(bucket, prefix string) {
	b := s.find(bucket)
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var gone []*Object
	b.objects.AscendGreaterOrEqual(&Object{Key: prefix}, func(o *Object) bool {
		if !strings.HasPrefix(o.Key, prefix) {
			return false
		}
		gone = append(gone, o)
		return true
	})
	for _, o := range gone {
		b.objects.Delete(o)
	}
}

// remove removes an object, and says whether it was there.
func (s *Service) remove(bucket, key string) bool {
	b := s.find(bucket)
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, found := b.objects.Delete(&Object{Key: key})
	return found
}

// ResourcePolicy implements authz.Resources for buckets and objects.
func (s *Service) ResourcePolicy(arn string) (authz.Attached, bool) {
	b := s.find(bucketOf(arn))
	if b == nil {
		return authz.Attached{}, false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return authz.Attached{Account: b.settings.Account, Policy: b.policy}, true
}

// bucketOf is the bucket's name in a bucket's or an object's ARN.
func bucketOf(arn string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(arn, arnPrefix), "/")
	return name
}

func (s *Service) find(name string) *bucket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.buckets[name]
}
