package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// bucket is a store in S3. How objects are encrypted is the bucket's own setting.
type bucket struct {
	uri          string
	access       *aws.Access
	name, prefix string
}

func (b bucket) write(ctx context.Context, path string, text []byte, sum [sha256.Size]byte) error {
	err := b.put(ctx, "", path, text, sum)
	if region := elsewhere(err); region != "" {
		err = b.put(ctx, region, path, text, sum)
	}
	if err == nil {
		return nil
	}
	call := aws.Call{Operation: "s3:PutObject", Resource: b.name, Cell: workflows.Cell{Account: "the worker's account"}}
	classified, retry := aws.Classify(call, err)
	p := notWritten(b.uri, classified.Message,
		"Allow the worker's own role s3:PutObject below the prefix (and kms:GenerateDataKey where the bucket encrypts with a key), or name another bucket; then close the migration again.")
	if code := classified.Metadata["aws_code"]; code != "" {
		p.Metadata["aws_code"] = code
	}
	return failure.Classified(p, retry)
}

// put uploads a file from a Region, the worker's own when empty. S3 compares what it received with the digest, and keeps
// that with the object (Amazon S3 API Reference, PutObject, x-amz-checksum-sha256).
func (b bucket) put(ctx context.Context, region, path string, text []byte, sum [sha256.Size]byte) error {
	var api S3 = s3.NewFromConfig(b.access.Own(region), func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil || strings.Contains(b.name, ".") // no certificate fits a virtual host with dots
	})
	_, err := api.PutObject(ctx, &s3.PutObjectInput{
		Bucket: awssdk.String(b.name), Key: awssdk.String(strings.TrimPrefix(b.prefix+"/"+path, "/")),
		Body: bytes.NewReader(text), ContentType: awssdk.String("application/json"),
		ChecksumSHA256: awssdk.String(base64.StdEncoding.EncodeToString(sum[:])),
	})
	return err
}

// elsewhere is the bucket's Region, where S3 refused a request because it went to another. It names it in a header of the
// refusal (Amazon S3 API Reference, HeadBucket, x-amz-bucket-region).
func elsewhere(err error) string {
	var refusal *awshttp.ResponseError
	if !errors.As(err, &refusal) || refusal.Response == nil {
		return ""
	}
	switch refusal.HTTPStatusCode() {
	case 301, 307, 400: // PermanentRedirect, TemporaryRedirect, AuthorizationHeaderMalformed (Error responses)
		return refusal.Response.Header.Get("X-Amz-Bucket-Region")
	default:
		return ""
	}
}
