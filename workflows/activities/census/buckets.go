package census

import (
	"context"
	"fmt"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// buckets finds out the Regions of buckets, asking for each once.
type buckets struct {
	api     S3
	cell    workflows.Cell
	regions map[string]string // empty where it can't be read
}

func (a *Activities) buckets(cell workflows.Cell) *buckets {
	api := s3.NewFromConfig(a.access.Config(cell, "s3"), func(o *s3.Options) {
		// The endpoint of any Region answers for any bucket (S3 API, GetBucketLocation: in other Regions than the
		// bucket's own only its policy doesn't count), as long as the bucket is named in the path: a virtual host
		// leads to the Region that is being asked for. A simulated AWS has no virtual hosts.
		o.UsePathStyle = true
	})
	return &buckets{api: api, cell: cell, regions: map[string]string{}}
}

// locate fills in the Regions of the canaries' buckets.
func (b *buckets) locate(ctx context.Context, list []workflows.Settings) error {
	for i := range list {
		var err error
		if list[i].BucketRegion, err = b.region(ctx, bucketOf(list[i].Location)); err != nil {
			return err
		}
	}
	return nil
}

// region is where a bucket is, empty when it can't be read: the bucket is gone, or belongs to an account
// that does not let rekey look.
func (b *buckets) region(ctx context.Context, bucket string) (string, error) {
	if known, ok := b.regions[bucket]; ok || bucket == "" {
		return known, nil
	}
	out, err := b.api.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: awssdk.String(bucket)})
	if err == nil {
		b.regions[bucket] = aws.BucketRegion(string(out.LocationConstraint))
		return b.regions[bucket], nil
	}
	problem, retry := aws.Classify(call(b.cell, "s3:GetBucketLocation", bucket), err)
	if retry || problem.Reason == workflows.CellNotReachable {
		return "", failure.Classified(problem, retry)
	}
	b.regions[bucket] = ""
	return "", nil
}

// moves are the new artifact locations of the canaries, where the target has a template of one.
func (b *buckets) moves(ctx context.Context, in workflows.CensusInput, list []workflows.Settings) ([]workflows.Move, error) {
	if in.Location == "" {
		return nil, nil
	}
	moves := make([]workflows.Move, 0, len(list))
	for _, s := range list {
		move := workflows.Move{Name: s.Name}
		location, err := expand(in, s.Name)
		if err != nil {
			move.Problem = unusable(s.Name, in.Location, err.Error())
			moves = append(moves, move)
			continue
		}
		move.Location = location.String()
		if move.BucketRegion, err = b.region(ctx, location.Bucket); err != nil {
			return nil, err
		}
		if move.BucketRegion == "" {
			move.Problem = unusable(s.Name, move.Location, "the bucket does not exist, or can't be looked at")
		}
		moves = append(moves, move)
	}
	return moves, nil
}

func expand(in workflows.CensusInput, name string) (arn.Location, error) {
	text, err := arn.Expand(in.Location, map[string]string{"account": in.Cell.Account, "region": in.Cell.Region, "name": name})
	if err != nil {
		return arn.Location{}, err
	}
	return arn.ParseLocation(text)
}

func unusable(name, location, why string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.LocationNotUsable,
		Message:  fmt.Sprintf("The artifacts of canary %s can't go to %s: %s.", name, location, why),
		NextStep: "Name an artifact location that exists and that the member role may look at, and create the migration anew.",
		Metadata: map[string]string{"location": location},
	}
}
