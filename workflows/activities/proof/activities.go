// Package proof looks at the objects that runs left in S3, which alone tell how they were encrypted: a run's
// status does not.
package proof

import (
	"cmp"
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// Bounds of one look at a run.
const (
	// maxListed is how many objects of a run are listed.
	maxListed = 25
	// maxObjects is how many of those are looked at, the first and the last. A run is one execution of a Lambda function
	// that was set up with one encryption, and writes all its objects with that (CloudWatch User Guide, Encrypting canary
	// artifacts: "the next run"); the second is there to tell where that is not so.
	maxObjects = 2
)

// Activities proves encryptions.
type Activities struct {
	access *aws.Access
}

// New is a prover that enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access} }

// ProveRuns answers what the objects of each run carry, in the order of the input. Two objects of a run are
// looked at. It needs no right on the wanted key: HeadObject decrypts nothing.
//
// Where the default is wanted, the AWS managed key of the account in the bucket's Region is looked up, which
// creates it if no object has needed it yet (KMS API, DescribeKey).
//
// A run that wrote elsewhere than to the wanted location has the wrong settings, whatever its objects carry. After a run
// with wrong settings the canary is looked at, whether it has the settings of before again.
//
// Objects that can't be listed or looked at are a finding, not an error; the activity fails only where the cell
// can't be entered or where another attempt may help.
func (a *Activities) ProveRuns(ctx context.Context, in workflows.ProveInput) ([]workflows.RunProof, error) {
	bucketCell := workflows.Cell{Account: in.Cell.Account, Region: cmp.Or(in.BucketRegion, in.Cell.Region)}
	p := prover{
		s3: s3.NewFromConfig(a.access.Config(bucketCell, "s3"), func(o *s3.Options) {
			o.UsePathStyle = o.BaseEndpoint != nil // a simulated AWS has no virtual hosts
		}),
		kms:  kms.NewFromConfig(a.access.Config(bucketCell, "kms")),
		cell: bucketCell,
		want: in.Want, location: in.WantLocation,
	}
	proofs := make([]workflows.RunProof, 0, len(in.Runs))
	for _, run := range in.Runs {
		proof, err := p.prove(ctx, run)
		if err != nil {
			return nil, err
		}
		proofs = append(proofs, proof)
	}
	return proofs, a.lookForReversal(ctx, in, proofs)
}

type prover struct {
	s3   S3
	kms  KMS
	cell workflows.Cell
	want workflows.Encryption
	// location is where the runs were to write, as "bucket/prefix"; empty for anywhere.
	location string

	managedKey string // ARN of aws/s3, once it was looked up
}

// prove looks at one run's objects.
func (p *prover) prove(ctx context.Context, run workflows.Run) (workflows.RunProof, error) {
	proof := workflows.RunProof{Run: run, Finding: workflows.NoObject}
	bucket, prefix := split(run.Location)
	if bucket == "" {
		return proof, nil // a run that was killed leaves no location
	}
	if p.location != "" && !wroteTo(p.location, run.Location) {
		proof.Finding = workflows.WrongKey // it wrote where the settings of before said
		return proof, nil
	}
	keys, err := p.list(ctx, bucket, prefix)
	if err != nil {
		return p.unreadable(proof, "s3:ListBucket", bucket, err)
	}
	for _, key := range keys {
		if proof.Objects == maxObjects {
			break
		}
		head, err := p.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: awssdk.String(bucket), Key: awssdk.String(key)})
		if err != nil && aws.IsMissing(err) {
			continue // expired since it was listed
		}
		if err != nil {
			return p.unreadable(proof, "s3:GetObject", bucket+"/"+key, err)
		}
		if p.managedKey, err = p.lookUp(ctx, head); err != nil {
			return p.unreadable(proof, "kms:DescribeKey", managedAlias, err)
		}
		proof.Objects++
		proof.Encryption = encryption(head, p.want, p.managedKey)
		if proof.Encryption != p.want {
			proof.Finding = workflows.WrongKey
			return proof, nil
		}
		proof.Finding = workflows.RightKey
	}
	return proof, nil
}

// list is the first objects of a run, the last of them in the second place, so that the ends come first and the others are
// there for what has expired.
func (p *prover) list(ctx context.Context, bucket, prefix string) ([]string, error) {
	out, err := p.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: awssdk.String(bucket), Prefix: awssdk.String(prefix), MaxKeys: awssdk.Int32(maxListed),
	})
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(out.Contents))
	for _, object := range out.Contents {
		keys = append(keys, awssdk.ToString(object.Key))
	}
	if n := len(keys); n > 2 {
		keys[1], keys[n-1] = keys[n-1], keys[1]
	}
	return keys, nil
}

// managedAlias is the name of the AWS managed key for S3; it resolves in the account and Region of the caller.
const managedAlias = "alias/aws/s3"

// lookUp is the ARN of the AWS managed key, looked up once and only for an object for which it matters.
func (p *prover) lookUp(ctx context.Context, head *s3.HeadObjectOutput) (string, error) {
	if p.managedKey != "" || p.want.Mode != workflows.AWSManaged || head.SSEKMSKeyId == nil {
		return p.managedKey, nil
	}
	out, err := p.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: awssdk.String(managedAlias)})
	if err != nil || out.KeyMetadata == nil {
		return "", err
	}
	return awssdk.ToString(out.KeyMetadata.Arn), nil
}

// unreadable is the finding of objects that can't be looked at, or the error where that says nothing about them.
func (p *prover) unreadable(proof workflows.RunProof, operation, resource string, err error) (workflows.RunProof, error) {
	problem, retry := aws.Classify(aws.Call{Operation: operation, Resource: resource, Cell: p.cell}, err)
	if retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal {
		return proof, failure.Classified(problem, retry)
	}
	proof.Finding = workflows.NotReadable
	return proof, nil
}
