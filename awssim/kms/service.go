// Package kms is the simulated KMS: keys, key policies, grants, aliases and the two data-key operations.
package kms

// Service is KMS for all accounts and Regions of a world. It is safe for concurrent use.
type Service struct{}

// AddKey adds or replaces a key, usable at once.
func (s *Service) AddKey(k Key) error { return nil }

// Key is the key of that ARN as it is now.
func (s *Service) Key(arn string) (Key, bool) { return Key{}, false }

// AddGrant adds a grant that is effective at once.
func (s *Service) AddGrant(keyARN string, g Grant) error { return nil }

// Grants are a key's grants as they are now, oldest first.
func (s *Service) Grants(keyARN string) []Grant { return nil }

// SetKeyState changes a key's state at once, for example to Disabled.
func (s *Service) SetKeyState(keyARN, state string) error { return nil }

// AWSManagedS3Key is the ARN of the account's AWS managed key for S3 in a Region (aws/s3), which is created
// when it doesn't exist yet.
func (s *Service) AWSManagedS3Key(account, region string) (keyARN string) { return "" }
