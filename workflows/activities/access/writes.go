package access

import (
	"context"
	"fmt"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/policydoc"
)

// surveyWrites finds out what is in the way of writing artifacts, or of looking at them: a bucket whose policy demands
// another encryption, or one that rekey may not look into. A bucket's policy that can't be read or understood is no
// obstacle where its objects can be looked at: they will tell, and the plan says so.
func surveyWrites(ctx context.Context, v *view, in workflows.SurveyInput, survey *workflows.Survey) error {
	for _, use := range in.Uses {
		location, err := arn.ParseLocation(use.Location)
		if err != nil || use.BucketRegion == "" {
			continue // a bucket that could not be located is a problem of its own
		}
		b, err := v.bucket(ctx, location, use.BucketRegion)
		if err != nil {
			return err
		}
		facts := workflows.WriteFacts{Use: use, Problem: b.unreadable, Notice: b.unknown}
		if facts.Problem == nil {
			facts.Problem = b.denies(use, location)
		}
		if facts.Problem != nil || facts.Notice != nil {
			survey.Writes = append(survey.Writes, facts)
		}
	}
	return nil
}

// bucket is what was read of a bucket.
type bucket struct {
	name       string
	policy     *policydoc.Document // nil where there is none, or it is not known
	unreadable *workflows.Problem
	// unknown is why its policy could not be read or understood.
	unknown *workflows.Problem
}

// bucket looks into a bucket, once.
func (v *view) bucket(ctx context.Context, location arn.Location, region string) (*bucket, error) {
	if known := v.buckets[location.Bucket]; known != nil {
		return known, nil
	}
	b, err := v.lookInto(ctx, location, region)
	if err == nil {
		v.buckets[location.Bucket] = b
	}
	return b, err
}

func (v *view) lookInto(ctx context.Context, location arn.Location, region string) (*bucket, error) {
	cell := workflows.Cell{Account: v.cell.Account, Region: region}
	api := v.a.objects(cell)
	b := &bucket{name: location.Bucket}
	_, err := api.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: awssdk.String(location.Bucket), Prefix: awssdk.String(location.Prefix), MaxKeys: awssdk.Int32(1),
	})
	if err != nil {
		problem, retry := aws.Classify(aws.Call{Operation: "s3:ListBucket", Resource: location.Bucket, Cell: cell}, err)
		if retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal {
			return nil, failure.Classified(problem, retry)
		}
		b.unreadable = unreadable(location.Bucket, problem)
		return b, nil
	}
	out, err := api.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: awssdk.String(location.Bucket)})
	if err != nil {
		problem, retry := aws.Classify(aws.Call{Operation: "s3:GetBucketPolicy", Resource: location.Bucket, Cell: cell}, err)
		switch {
		case retry:
			return nil, failure.Retry(problem, 0)
		case !aws.IsMissing(err):
			b.unknown = unknownPolicy(location.Bucket, problem.Message, problem.Metadata["aws_code"])
		}
		return b, nil
	}
	b.understand(awssdk.ToString(out.Policy))
	return b, nil
}

func (b *bucket) understand(policy string) {
	doc, err := policydoc.Parse(policy)
	if err != nil {
		b.unknown = unknownPolicy(b.name, "it was not understood: "+err.Error(), "none")
		return
	}
	b.policy = &doc
}

func unknownPolicy(bucket, why, code string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.BucketNotReadable,
		Message:  fmt.Sprintf("What the policy of bucket %s denies is not known, so a dry run or a run decides: %s", bucket, why),
		NextStep: "Nothing to do; or let the member role call s3:GetBucketPolicy there before the plan is made.",
		Metadata: map[string]string{"bucket": bucket, "operation": "s3:GetBucketPolicy", "aws_code": code},
	}
}

func unreadable(name string, cause *workflows.Problem) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.BucketNotReadable,
		Message:  fmt.Sprintf("The artifacts in bucket %s can't be looked at, so nothing could prove a change: %s", name, cause.Message),
		NextStep: "Let the member role call s3:ListBucket and s3:GetObject there; a bucket of another account needs that in its policy.",
		Metadata: map[string]string{"bucket": name, "operation": cause.Metadata["operation"], "aws_code": cause.Metadata["aws_code"]},
	}
}

// denies is the statement of the bucket's policy that would refuse the artifacts.
func (b *bucket) denies(use workflows.Use, location arn.Location) *workflows.Problem {
	if b.policy == nil {
		return nil
	}
	w := policydoc.Write{RoleARN: use.RoleARN, Bucket: location.Bucket, Prefix: location.Prefix, Algorithm: "aws:kms"}
	switch use.Encryption.Mode {
	case workflows.SSES3:
		w.Algorithm = "AES256"
	case workflows.SSEKMS:
		w.KeyARN = use.Encryption.KeyARN
	case workflows.AWSManaged: // of a key that the statement can't name
	}
	d := b.policy.WriteDenied(w)
	if d == nil {
		return nil
	}
	message := "Statement %q of the policy of bucket %s denies artifacts with the new encryption (%s)."
	if d.Doubtful {
		message = "Statement %q of the policy of bucket %s may deny artifacts with the new encryption (%s)."
	}
	return &workflows.Problem{
		Reason:   workflows.BucketPolicyDenies,
		Message:  fmt.Sprintf(message, d.Sid, b.name, d.Condition),
		NextStep: "Let the bucket's policy allow the new encryption beside the old one, and create the migration anew.",
		Metadata: map[string]string{"bucket": b.name, "sid": d.Sid, "condition": d.Condition},
	}
}
