package conformance

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func s3() []fact { return joined(objectFacts(), contextFacts(), bucketFacts()) }

// objectPrefix begins the keys of the objects that the suite puts.
const objectPrefix = "rekey-conformance/"

const sseKMS = "Amazon S3 User Guide, using server-side encryption with AWS KMS keys"

// denied is S3's code.
const denied = "AccessDenied"

func objectFacts() []fact {
	return []fact{
		{
			name: "PutNeedsGenerateDataKey", status: confirmed, mutates: true, needs: []subject{bucket, key, otherKey, role}, source: sseKMS,
			check: func(x *trial) {
				as := x.writer(bucket, statement{Action: "kms:GenerateDataKey", Resource: x.id(key)})
				x.comesToWrite(as, bucket, underKey(x.id(key)))
				x.refused(x.put(as, bucket, underKey(x.id(otherKey))), denied)
			},
		},
		{
			name: "GetNeedsDecrypt", status: confirmed, mutates: true, needs: []subject{bucket, key, otherKey, role}, source: sseKMS,
			check: func(x *trial) {
				as := x.writer(bucket, x.useKey(otherKey))
				x.comesToWrite(as, bucket, underKey(x.id(otherKey)))
				x.must(x.get(as, bucket))
				x.must(x.put(x.caller, bucket, underKey(x.id(key))))
				x.refused(x.get(as, bucket), denied)
			},
		},
		{
			name: "HeadNeedsNoRightOnTheKey", status: inferred, mutates: true, needs: []subject{bucket, key, role},
			source: "API_HeadObject, which asks for kms:Decrypt only with ChecksumMode",
			check: func(x *trial) {
				as := x.writer(bucket)
				x.must(x.put(x.caller, bucket, underKey(x.id(key))))
				x.eventually(propagation, "the role may read the bucket", func() bool {
					head, err := x.head(as, bucket)
					return err == nil && *head.SSEKMSKeyId == x.id(key) && head.ServerSideEncryption == types.ServerSideEncryptionAwsKms
				})
				x.refused(x.get(as, bucket), denied)
			},
		},
		{
			name: "HeadWithEncryptionHeadersIsABadRequest", status: confirmed, mutates: true, needs: []subject{bucket}, source: "API_HeadObject",
			check: func(x *trial) {
				x.must(x.put(x.caller, bucket, nil))
				_, err := x.s3.HeadObject(x.ctx, &awss3.HeadObjectInput{Bucket: x.named(bucket), Key: aws.String(objectPrefix + x.fact.name)},
					func(o *awss3.Options) {
						o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("x-amz-server-side-encryption", "aws:kms"))
					})
				x.status(err, http.StatusBadRequest)
			},
		},
		{
			name: "CopyNeedsDecryptOnTheSourcesKey", status: inferred, mutates: true, needs: []subject{bucket, key, otherKey, role},
			source: "a copy is a read and a write", check: copyNeedsDecrypt,
		},
		{
			name: "MissingObjectIsNotFoundOnlyForThoseWhoMayList", status: confirmed, mutates: true, needs: []subject{bucket, role},
			source: "API_HeadObject, Permissions",
			check: func(x *trial) {
				as := x.writer(bucket)
				x.comesToWrite(as, bucket, nil)
				missing := &awss3.HeadObjectInput{Bucket: x.named(bucket), Key: aws.String(objectPrefix + "missing")}
				_, err := as.s3.HeadObject(x.ctx, missing)
				x.status(err, http.StatusForbidden)
				_, err = x.s3.HeadObject(x.ctx, missing)
				x.status(err, http.StatusNotFound)
			},
		},
		{
			name: "KeyAndBucketShareARegion", status: confirmed, mutates: true, needs: []subject{bucket, farKey}, source: sseKMS,
			check: func(x *trial) {
				x.status(x.put(x.caller, bucket, underKey(x.id(farKey))), http.StatusBadRequest)
			},
		},
		{
			name: "AliasIsTheRequestersOwn", status: confirmed, mutates: true, needs: []subject{bucket, key, keyAlias},
			source: "Amazon S3 User Guide, setting default encryption",
			check: func(x *trial) {
				x.must(x.put(x.caller, bucket, underKey(x.id(keyAlias))))
				x.expectHead(bucket, x.id(key))
			},
		},
		{
			name: "KMSWithoutAKeyIsTheAWSManagedOne", status: confirmed, mutates: true, needs: []subject{bucket}, source: "API_PutObject",
			check: func(x *trial) {
				x.must(x.put(x.caller, bucket, func(in *awss3.PutObjectInput) { in.ServerSideEncryption = types.ServerSideEncryptionAwsKms }))
				out, err := x.kms.DescribeKey(x.ctx, &awskms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")})
				x.must(err)
				x.expectHead(bucket, *out.KeyMetadata.Arn)
			},
		},
	}
}

// copyNeedsDecrypt gives a role both keys, and copies what lies under one that it may only write with.
func copyNeedsDecrypt(x *trial) {
	as := x.writer(bucket, statement{Action: "kms:GenerateDataKey", Resource: x.id(key)}, x.useKey(otherKey))
	x.comesToWrite(as, bucket, underKey(x.id(otherKey)))
	copied := func() error {
		to := x.object(bucket, "-copy")
		_, err := as.s3.CopyObject(x.ctx, &awss3.CopyObjectInput{
			Bucket: to.Bucket, Key: to.Key, CopySource: aws.String(x.id(bucket) + "/" + objectPrefix + x.fact.name),
			ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: x.named(key),
		})
		return err
	}
	x.must(copied())
	x.must(x.put(x.caller, bucket, underKey(x.id(key))))
	x.refused(copied(), denied)
}

func contextFacts() []fact {
	return []fact{
		{
			name: "EncryptionContextIsTheObjectsARN", status: confirmed, mutates: true, needs: []subject{bucket, key, otherKey, role},
			source: sseKMS + ", encryption context",
			check:  func(x *trial) { x.expectContext(bucket, "arn:aws:s3:::"+x.id(bucket)+"/"+objectPrefix+x.fact.name) },
		},
		{
			name: "EncryptionContextIsTheBucketsARNUnderABucketKey", status: confirmed, mutates: true, needs: []subject{bucketKeyed, key, otherKey, role},
			source: "Amazon S3 User Guide, bucket keys", check: func(x *trial) { x.expectContext(bucketKeyed, "arn:aws:s3:::"+x.id(bucketKeyed)) },
		},
		{
			name: "ViaServiceIsS3OfTheRegion", status: confirmed, mutates: true, needs: []subject{bucket, key, role},
			source: "AWS KMS Developer Guide, kms:ViaService",
			check: func(x *trial) {
				s := x.useKey(key)
				s.Condition = equals("kms:ViaService", "s3."+x.config.Region+".amazonaws.com")
				as := x.writer(bucket, s)
				x.comesToWrite(as, bucket, underKey(x.id(key)))
				x.refused(x.uses(as, key), accessDenied)
			},
		},
	}
}

// expectContext writes as a role that may use KEY with one encryption context, and OTHER_KEY with another.
func (x *trial) expectContext(in subject, arn string) {
	x.Helper()
	right, wrong := x.useKey(key), x.useKey(otherKey)
	right.Condition = equals("kms:EncryptionContext:aws:s3:arn", arn)
	wrong.Condition = equals("kms:EncryptionContext:aws:s3:arn", arn+"x")
	as := x.writer(in, right, wrong)
	x.comesToWrite(as, in, underKey(x.id(key)))
	x.refused(x.put(as, in, underKey(x.id(otherKey))), denied)
}

func equals(key, value string) map[string]map[string]string {
	return map[string]map[string]string{"StringEquals": {key: value}}
}

func bucketFacts() []fact {
	return []fact{
		{
			name: "EveryBucketHasADefaultEncryption", status: confirmed, needs: []subject{bucket, defaultBucket, key},
			source: "Amazon S3 User Guide, default bucket encryption",
			check: func(x *trial) {
				if d := x.defaultOf(bucket); d.SSEAlgorithm != types.ServerSideEncryptionAes256 {
					x.Errorf("%s", text(d))
				}
				if d := x.defaultOf(defaultBucket); d.SSEAlgorithm != types.ServerSideEncryptionAwsKms || !strings.HasSuffix(x.id(key), aws.ToString(d.KMSMasterKeyID)) {
					x.Errorf("%s", text(d))
				}
			},
		},
		{
			name: "PutWithoutHeadersTakesTheDefault", status: confirmed, mutates: true, needs: []subject{bucket, defaultBucket, key},
			source: "Amazon S3 User Guide, default bucket encryption",
			check: func(x *trial) {
				x.must(x.put(x.caller, bucket, nil))
				x.expectHead(bucket, "AES256")
				x.must(x.put(x.caller, defaultBucket, nil))
				x.expectHead(defaultBucket, x.id(key))
			},
		},
		{
			name: "HeaderBeatsTheDefault", status: confirmed, mutates: true, needs: []subject{defaultBucket, otherKey},
			source: "Amazon S3 User Guide, default bucket encryption",
			check: func(x *trial) {
				x.must(x.put(x.caller, defaultBucket, underKey(x.id(otherKey))))
				x.expectHead(defaultBucket, x.id(otherKey))
			},
		},
		{
			name: "BucketPolicyMayDemandKMS", status: confirmed, mutates: true, needs: []subject{onlyKMSBucket, key}, source: sseKMS,
			check: func(x *trial) {
				x.refused(x.put(x.caller, onlyKMSBucket, func(in *awss3.PutObjectInput) { in.ServerSideEncryption = types.ServerSideEncryptionAes256 }), denied)
				x.must(x.put(x.caller, onlyKMSBucket, underKey(x.id(key))))
			},
		},
		{
			name: "BucketPolicyMayDemandOneKey", status: confirmed, mutates: true, needs: []subject{oneKeyBucket, key, otherKey}, source: sseKMS,
			check: func(x *trial) {
				x.refused(x.put(x.caller, oneKeyBucket, underKey(x.id(otherKey))), denied)
				x.must(x.put(x.caller, oneKeyBucket, underKey(x.id(key))))
			},
		},
	}
}

func (x *trial) defaultOf(s subject) *types.ServerSideEncryptionByDefault {
	x.Helper()
	out, err := x.s3.GetBucketEncryption(x.ctx, &awss3.GetBucketEncryptionInput{Bucket: x.named(s)})
	x.must(err)
	return out.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault
}

// writer is a session of the role, which is given reading and writing in a bucket and more.
func (x *trial) writer(in subject, more ...statement) *caller {
	x.Helper()
	objects := statement{Action: []string{"s3:GetObject", "s3:PutObject"}, Resource: "arn:aws:s3:::" + x.id(in) + "/*"}
	x.allowRole(append(more, objects)...)
	return x.as(role, x.caller)
}

// object is the fact's own object, deleted when the trial ends.
func (x *trial) object(in subject, suffix string) *awss3.PutObjectInput {
	object := aws.String(objectPrefix + x.fact.name + suffix)
	x.Cleanup(func() {
		_, err := x.s3.DeleteObject(x.ctx, &awss3.DeleteObjectInput{Bucket: x.named(in), Key: object})
		x.must(err)
	})
	return &awss3.PutObjectInput{Bucket: x.named(in), Key: object, Body: strings.NewReader("conformance")}
}

// underKey asks for a KMS key, given by ARN or alias.
func underKey(id string) func(*awss3.PutObjectInput) {
	return func(in *awss3.PutObjectInput) {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, &id
	}
}

func (x *trial) put(as *caller, in subject, how func(*awss3.PutObjectInput)) error {
	x.Helper()
	object := x.object(in, "")
	if how != nil {
		how(object)
	}
	_, err := as.s3.PutObject(x.ctx, object)
	return err
}

func (x *trial) comesToWrite(as *caller, in subject, how func(*awss3.PutObjectInput)) {
	x.Helper()
	x.eventually(propagation, "the role may write", func() bool { return x.put(as, in, how) == nil })
}

func (x *trial) get(as *caller, in subject) error {
	out, err := as.s3.GetObject(x.ctx, &awss3.GetObjectInput{Bucket: x.named(in), Key: aws.String(objectPrefix + x.fact.name)})
	if err == nil {
		_ = out.Body.Close() // nothing is read
	}
	return err
}

func (x *trial) head(as *caller, in subject) (*awss3.HeadObjectOutput, error) {
	return as.s3.HeadObject(x.ctx, &awss3.HeadObjectInput{Bucket: x.named(in), Key: aws.String(objectPrefix + x.fact.name)})
}

func (x *trial) expectHead(in subject, want string) {
	x.Helper()
	if under := x.encryptionOf(x.id(in), objectPrefix+x.fact.name); under != want {
		x.Errorf("the object lies under %s, want %s", under, want)
	}
}
