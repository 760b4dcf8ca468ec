package awssim_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"rekey/awssim"
	"rekey/awssim/s3"
)

// TestManyAtOnce is for the race detector: everything that changes the world, at the same time. In the end every
// grant is gone, and every object there.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, awssim.Settings{RevocationLinger: 1, IAMPropagation: 1})
	const workers, rounds = 4, 10
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			name := "w" + strconv.Itoa(worker)
			for round := range rounds {
				if err := w.round(name, round); err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				w.Freeze()
			}
		})
	}
	all.Wait()
	if left := len(w.KMS.Grants(keyL)); left != 0 {
		t.Errorf("%d grants are left", left)
	}
	out, err := w.s3(homeRoot).ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("artifacts")})
	w.must(err)
	if *out.KeyCount != workers*rounds {
		t.Errorf("%d objects, want %d", *out.KeyCount, workers*rounds)
	}
}

func (w *testWorld) round(name string, round int) error {
	ctx, key := w.t.Context(), name+"/"+strconv.Itoa(round)
	in := grantInput(keyL, canary)
	in.Name = aws.String(name)
	made, err := w.kms(homeRoot).CreateGrant(ctx, in)
	if err != nil {
		return err
	}
	_, err = w.iam(homeRoot).PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{
		RoleName: aws.String("canary"), PolicyName: aws.String(name), PolicyDocument: aws.String(allow("kms:*", keyL)),
	})
	if err != nil {
		return err
	}
	if _, err := w.S3.PutObject(canarySession, s3.PutInput{Bucket: "artifacts", Key: key, Encryption: s3.Encryption{Algorithm: "aws:kms"}}); err != nil {
		return err
	}
	_, err = w.kms(homeRoot).RevokeGrant(ctx, &awskms.RevokeGrantInput{KeyId: aws.String(keyL), GrantId: made.GrantId})
	return err
}
