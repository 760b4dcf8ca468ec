package s3

import (
	"net/url"
	"testing"

	"rekey/awssim/wire/wiretest"
)

func TestOperationKnowsEveryParameter(t *testing.T) {
	for _, operation := range []string{
		"HeadBucket", "GetBucketLocation", "GetBucketPolicy", "GetBucketEncryption", "ListObjectsV2", "HeadObject",
		"GetObject", "PutObject", "CopyObject", "DeleteObject",
	} {
		t.Run(operation, func(t *testing.T) {
			c := wiretest.Snapshot(t, "s3", operation)
			pathStyle(c.HTTP.URL)
			if got := (&Service{}).Operation(c); got != operation {
				t.Errorf("operation = %q for %s", got, c.HTTP.URL)
			}
		})
	}
	for _, operation := range []string{"GetBucketAcl", "PutObjectAcl", "DeleteObjectTagging", "CreateMultipartUpload", "UploadPart", "ListObjects"} {
		t.Run("not "+operation, func(t *testing.T) {
			c := wiretest.Snapshot(t, "s3", operation)
			pathStyle(c.HTTP.URL)
			if got := (&Service{}).Operation(c); got != "" {
				t.Errorf("operation = %q for %s", got, c.HTTP.URL)
			}
		})
	}
}

// pathStyle puts the bucket, which the snapshots have in the host, into the path.
func pathStyle(u *url.URL) {
	if u.Path == "/" {
		u.Path = ""
	}
	u.Path = "/bucket" + u.Path
}
