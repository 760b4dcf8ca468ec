// Package s3 is the simulated S3: buckets, their policies, and objects that carry the encryption under which
// they were written.
package s3

import "rekey/awssim/identity"

// Service is S3 for all accounts and Regions of a world. It is safe for concurrent use.
type Service struct{}

// AddBucket adds or replaces a bucket's settings; objects that it holds stay.
func (s *Service) AddBucket(b Bucket) error { return nil }

// Bucket is the bucket of that name.
func (s *Service) Bucket(name string) (Bucket, bool) { return Bucket{}, false }

// PutObject uploads as the principal: it needs s3:PutObject and, under KMS, kms:GenerateDataKey.
func (s *Service) PutObject(p identity.Principal, in PutInput) (Object, error) { return Object{}, nil }

// GetObject reads as the principal: it needs s3:GetObject and, for an object under KMS, kms:Decrypt.
func (s *Service) GetObject(p identity.Principal, bucket, key string) (Object, error) {
	return Object{}, nil
}

// CopyObject reads one object and writes another as the principal; e is the copy's encryption.
func (s *Service) CopyObject(p identity.Principal, srcBucket, srcKey, dstBucket, dstKey string, e Encryption) (Object, error) {
	return Object{}, nil
}

// Stat shows an object without any permission check, for the world's own use and for tests.
func (s *Service) Stat(bucket, key string) (Object, bool) { return Object{}, false }

// RemovePrefix removes the objects whose keys begin with prefix: retention, or a test's clean-up.
func (s *Service) RemovePrefix(bucket, prefix string) {}
