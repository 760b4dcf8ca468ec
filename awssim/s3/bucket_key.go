package s3

import (
	"time"

	"rekey/awssim/kms"
)

// cached is whose use of which bucket key S3 remembers.
type cached struct {
	caller, key, bucket, operation string
}

// use asks KMS, or relies on its answer to the same session's last question about the same bucket key while
// that is fresh.
func (s *Service) use(u kms.Use, bucketKey bool) error {
	if !bucketKey || s.BucketKeyCache <= 0 {
		return s.KMS.Use(u)
	}
	c := cached{caller: u.Principal.CallerARN(), key: u.KeyARN, bucket: u.Context["aws:s3:arn"], operation: u.Operation}
	now := s.Clock.Now()
	if until, ok := s.bucketKeys.Load(c); ok && now.Before(until.(time.Time)) {
		return nil
	}
	if err := s.KMS.Use(u); err != nil {
		return err
	}
	s.bucketKeys.Store(c, now.Add(s.BucketKeyCache))
	return nil
}
