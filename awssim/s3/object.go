package s3

import "time"

// Encryption is how an object is, or is to be, encrypted on the server.
type Encryption struct {
	// Algorithm is "" (the bucket's default decides), "AES256" or "aws:kms".
	Algorithm string
	// KeyARN is a KMS key's ARN; empty with aws:kms means aws/s3 of the requester's account in the bucket's
	// Region (Amazon S3 API Reference, PutObject). A stored object's is always the key that was used.
	KeyARN string
	// BucketKey says whether the object was encrypted under a bucket key. Ignored in requests.
	BucketKey bool
}

// Bucket is a bucket as a world seeds it and as Service.Bucket shows it.
type Bucket struct {
	Name, Account, Region string
	// Policy is the bucket policy's JSON, empty for none.
	Policy string
	// Default applies to uploads that name no encryption; AES256 when empty.
	Default Encryption
	// BucketKey makes KMS see the bucket's ARN instead of the object's in the encryption context.
	BucketKey bool
}

// PutInput is one upload.
type PutInput struct {
	Bucket, Key string
	// Body is kept, and must not be changed afterwards.
	Body       []byte
	Encryption Encryption
	// Header holds what comes back with the object: Content-Type, X-Amz-Meta-..., checksums. May be nil.
	Header map[string]string
}

// Object is a stored object, or the answer to an upload. Body and Header must not be changed.
type Object struct {
	Bucket, Key string
	// ETag has its quotes.
	ETag string
	// VersionID is empty: buckets have no versions.
	VersionID  string
	Size       int64
	Body       []byte
	Encryption Encryption
	// LastModified is simulated.
	LastModified time.Time
	// Header is PutInput's.
	Header map[string]string
}
