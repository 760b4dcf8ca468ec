package s3

import (
	"crypto/md5" //nolint:gosec // an ETag is an MD5 (Amazon S3 API Reference, Object), not a protection
	"encoding/hex"
	"net/http"

	"rekey/awssim/apierr"
	"rekey/awssim/identity"
)

// MaxKey is the most bytes of an object's key.
const MaxKey = 1024

// PutObject uploads as the principal: it needs s3:PutObject and, under KMS, kms:GenerateDataKey on a key that
// is in the bucket's Region and enabled.
func (s *Service) PutObject(p identity.Principal, in PutInput) (Object, error) {
	if in.Key == "" || len(in.Key) > MaxKey {
		return Object{}, apierr.New("KeyTooLongError", http.StatusBadRequest, "Your key is too long")
	}
	e, err := s.checker().put(p, in)
	if err != nil {
		return Object{}, err
	}
	return s.store(in, e)
}

func (s *Service) store(in PutInput, e Encryption) (Object, error) {
	b := s.find(in.Bucket)
	if b == nil {
		return Object{}, apierr.New("NoSuchBucket", http.StatusNotFound, "The specified bucket does not exist")
	}
	sum := md5.Sum(in.Body) //nolint:gosec // as above
	o := &Object{
		Bucket: in.Bucket, Key: in.Key, ETag: `"` + hex.EncodeToString(sum[:]) + `"`, Size: int64(len(in.Body)),
		Body: in.Body, Encryption: e, LastModified: s.Clock.Now(), Header: in.Header,
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects.ReplaceOrInsert(o)
	return *o, nil
}

// GetObject reads as the principal: it needs s3:GetObject and, for an object under KMS, kms:Decrypt. A missing
// object is NoSuchKey for those with s3:ListBucket, and AccessDenied for others.
func (s *Service) GetObject(p identity.Principal, bucket, key string) (Object, error) {
	return s.read(p, bucket, key, true)
}

// HeadObject is GetObject without Body and without kms:Decrypt (Amazon S3 API Reference, HeadObject).
func (s *Service) HeadObject(p identity.Principal, bucket, key string) (Object, error) {
	o, err := s.read(p, bucket, key, false)
	o.Body = nil
	return o, err
}

func (s *Service) read(p identity.Principal, bucket, key string, decrypt bool) (Object, error) {
	k := s.checker()
	b, err := k.existing(bucket)
	if err != nil {
		return Object{}, err
	}
	if err := k.ask(p, "s3:GetObject", b, key, nil); err != nil {
		return Object{}, err
	}
	o, ok := s.Stat(bucket, key)
	if !ok {
		if err := k.ask(p, "s3:ListBucket", b, "", nil); err != nil {
			return Object{}, err
		}
		return Object{}, apierr.New("NoSuchKey", http.StatusNotFound, "The specified key does not exist.")
	}
	if decrypt {
		if err := k.decrypt(p, b, key, o.Encryption); err != nil {
			return Object{}, err
		}
	}
	return o, nil
}

// CopyObject reads one object and writes another as the principal; e is the copy's encryption, where empty
// means the target bucket's default, whatever the source's is.
func (s *Service) CopyObject(p identity.Principal, srcBucket, srcKey, dstBucket, dstKey string, e Encryption) (Object, error) {
	o, err := s.GetObject(p, srcBucket, srcKey)
	if err != nil {
		return Object{}, err
	}
	return s.PutObject(p, PutInput{Bucket: dstBucket, Key: dstKey, Body: o.Body, Encryption: e, Header: o.Header})
}
