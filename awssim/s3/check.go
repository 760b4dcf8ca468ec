package s3

import (
	"errors"
	"net/http"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/kms"
)

const (
	arnPrefix = "arn:aws:s3:::"
	sseS3     = "AES256"
	sseKMS    = "aws:kms"
)

// checker holds what permissions are checked against: the world as it is, or as it was.
type checker struct {
	auth   authz.Authorizer
	bucket func(name string) (Bucket, bool)
	use    func(u kms.Use, bucketKey bool) error
	// managed is the ARN of an account's aws/s3 key in a Region.
	managed func(account, region string) string
}

func (s *Service) checker() checker {
	return checker{auth: s.Auth, bucket: s.Bucket, use: s.use, managed: s.KMS.AWSManagedS3Key}
}

// put checks an upload and says how the object is to be encrypted: it needs s3:PutObject and, under KMS,
// kms:GenerateDataKey on a key in the bucket's Region (Amazon S3 User Guide, SSE-KMS).
func (k checker) put(p identity.Principal, in PutInput) (Encryption, error) {
	b, err := k.existing(in.Bucket)
	if err != nil {
		return Encryption{}, err
	}
	if err := in.Encryption.validate(); err != nil {
		return Encryption{}, err
	}
	if err := k.ask(p, "s3:PutObject", b, in.Key, in.Encryption.conditions()); err != nil {
		return Encryption{}, err
	}
	e := in.Encryption
	if e.Algorithm == "" {
		e = b.Default
	}
	if e.Algorithm != sseKMS {
		return Encryption{Algorithm: e.Algorithm}, nil
	}
	if e.KeyARN == "" {
		e.KeyARN = k.managed(p.Account, b.Region)
	}
	e.BucketKey = b.BucketKey
	return e, k.useKey(p, b, in.Key, e, "GenerateDataKey")
}

// get checks reading an object: it needs s3:GetObject and, under KMS, kms:Decrypt.
func (k checker) get(p identity.Principal, bucket, key string, e Encryption) error {
	b, err := k.existing(bucket)
	if err != nil {
		return err
	}
	if err := k.ask(p, "s3:GetObject", b, key, nil); err != nil {
		return err
	}
	return k.decrypt(p, b, key, e)
}

func (k checker) decrypt(p identity.Principal, b Bucket, key string, e Encryption) error {
	if e.Algorithm != sseKMS {
		return nil
	}
	if e.KeyARN == "" {
		e.KeyARN = k.managed(p.Account, b.Region)
	}
	return k.useKey(p, b, key, e, "Decrypt")
}

func (k checker) existing(name string) (Bucket, error) {
	b, ok := k.bucket(name)
	if !ok {
		return b, apierr.New("NoSuchBucket", http.StatusNotFound, "The specified bucket does not exist")
	}
	return b, nil
}

// ask asks for an action on an object, or on the bucket when the key is empty.
func (k checker) ask(p identity.Principal, action string, b Bucket, key string, context map[string]string) error {
	if context == nil {
		context = map[string]string{}
	}
	context["aws:RequestedRegion"] = b.Region
	resource := arnPrefix + b.Name
	if key != "" {
		resource += "/" + key
	}
	return k.auth.Authorize(authz.Request{Principal: p, Action: action, Resource: resource, Context: context})
}

// useKey asks KMS in the requester's name. The encryption context is the object's ARN, or the bucket's under a
// bucket key (Amazon S3 User Guide, encryption context).
func (k checker) useKey(p identity.Principal, b Bucket, key string, e Encryption, operation string) error {
	context := arnPrefix + b.Name
	if !e.BucketKey {
		context += "/" + key
	}
	refusal := k.use(kms.Use{
		Principal: p, KeyARN: e.KeyARN, Region: b.Region, Operation: operation,
		Context: map[string]string{"aws:s3:arn": context}, Via: "s3." + b.Region + ".amazonaws.com",
	}, e.BucketKey)
	refused, ok := errors.AsType[*apierr.Error](refusal)
	if !ok || refused.Denied {
		return refusal
	}
	err := apierr.New("KMS."+refused.Code, http.StatusBadRequest, "%s", refused.Message)
	if state, ok := errors.AsType[*kms.StateError](refusal); ok {
		return &kms.StateError{Err: err, Key: state.Key}
	}
	return err
}

func (e Encryption) validate() error {
	switch {
	case e.Algorithm != "" && e.Algorithm != sseS3 && e.Algorithm != sseKMS:
		return apierr.New("InvalidArgument", http.StatusBadRequest,
			"The encryption method specified is not supported: %s", e.Algorithm)
	case e.KeyARN != "" && e.Algorithm != sseKMS:
		return apierr.New("InvalidArgument", http.StatusBadRequest,
			"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	}
	return nil
}

// conditions are the condition keys that follow from the encryption that a request names; a bucket's default
// doesn't set them.
func (e Encryption) conditions() map[string]string {
	c := map[string]string{}
	if e.Algorithm != "" {
		c["s3:x-amz-server-side-encryption"] = e.Algorithm
	}
	if e.KeyARN != "" {
		c["s3:x-amz-server-side-encryption-aws-kms-key-id"] = e.KeyARN
	}
	return c
}
