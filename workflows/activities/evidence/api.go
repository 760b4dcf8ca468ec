package evidence

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3 is what an export asks of S3, with the worker's own credentials.
type S3 interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}
