package access

import (
	"context"
	"path"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

const (
	// baselineFolder is where the runtime copies a baseline's screenshots, below the canary's artifact location, as
	// seen in a canary's log (aws-cdk issue 19240). That several browsers have a folder each below it is inferred.
	baselineFolder = "visualBaseReference/"
	// maxObjects is how many objects of a baseline are looked at, where it has no more folders than that.
	maxObjects = 10
)

// baselines looks at the baselines of canaries, at each once. What a baseline carries can't be told from the canary's
// settings: its objects keep the key that they were copied under.
type baselines struct {
	activities *Activities
	patient    bool            // a failure that may pass ends the attempt
	looked     map[string]seen // by artifact location
}

// seen is what the objects of a baseline carry. No keys are seen where none was found, or they can't be looked at; none
// says that there surely is none.
type seen struct {
	keys []string
	none bool
}

// consumer is the first canary that needs the pair for its baseline, nil when there is none: one of the role whose
// baseline the migration has not confirmed under the new key, and is not seen to be under another key than the pair's.
func (b *baselines) consumer(ctx context.Context, pair workflows.RevokePair, found []consumer) (*consumer, error) {
	for _, c := range found {
		s := c.settings
		if s.RoleARN != pair.Pair.RoleARN || len(s.Visual) == 0 || slices.Contains(pair.Rebased, s.ID) {
			continue
		}
		seen, err := b.look(ctx, c.cell, canaries.Location(s.Location))
		if err != nil {
			return nil, err
		}
		switch {
		case isLocation(pair.Pair):
			// A baseline stays where it was made, wherever the canary's artifacts go now.
			if there, err := b.look(ctx, c.cell, locationOf(pair.Pair)); err != nil || len(seen.keys) == 0 && !there.none {
				c.use = "its baseline, which may be there"
				return &c, err
			}
		case len(seen.keys) == 0:
			c.use = "its baseline, which could not be looked at"
			return &c, nil
		case slices.ContainsFunc(seen.keys, func(key string) bool { return aws.SameKey(key, pair.Pair.KeyARN) }):
			c.use = "its baseline"
			return &c, nil
		}
	}
	return nil, nil
}

func (b *baselines) look(ctx context.Context, cell workflows.Cell, location string) (seen, error) {
	if known, ok := b.looked[location]; ok {
		return known, nil
	}
	found, err := b.read(ctx, cell, location)
	if err != nil {
		return seen{}, err
	}
	b.looked[location] = found
	return found, nil
}

// read looks at a few objects of the baseline at an artifact location. The error ends the attempt.
func (b *baselines) read(ctx context.Context, cell workflows.Cell, location string) (seen, error) {
	bucket, prefix, _ := strings.Cut(location, "/")
	if bucket == "" {
		return seen{}, nil
	}
	prefix = path.Join(prefix, baselineFolder) + "/"
	where, err := b.locate(ctx, cell, bucket)
	if err != nil {
		return b.unseen(cell, "s3:GetBucketLocation", bucket, err)
	}
	api := b.activities.objects(where)
	list, err := api.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: awssdk.String(bucket), Prefix: awssdk.String(prefix)})
	switch {
	case err != nil:
		return b.unseen(where, "s3:ListBucket", bucket, err)
	case awssdk.ToBool(list.IsTruncated):
		return seen{}, nil // a browser's folder may be out of sight
	case len(list.Contents) == 0:
		return seen{none: true}, nil
	}
	var keys []string
	for _, object := range list.Contents {
		keys = append(keys, awssdk.ToString(object.Key))
	}
	var found seen
	for _, key := range sample(prefix, keys) {
		head, err := api.HeadObject(ctx, &s3.HeadObjectInput{Bucket: awssdk.String(bucket), Key: awssdk.String(key)})
		switch {
		case aws.IsMissing(err):
			continue // replaced since it was listed
		case err != nil:
			return b.unseen(where, "s3:GetObject", bucket+"/"+key, err)
		}
		found.keys = append(found.keys, keyOf(head))
	}
	return found, nil
}

// locate is the Region of a bucket, with the account that its canary is in.
func (b *baselines) locate(ctx context.Context, cell workflows.Cell, bucket string) (workflows.Cell, error) {
	out, err := b.activities.objects(cell).GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: awssdk.String(bucket)},
		func(o *s3.Options) { o.UsePathStyle = true }) // a virtual host leads to the Region that is being asked for
	if err != nil {
		return workflows.Cell{}, err
	}
	return workflows.Cell{Account: cell.Account, Region: aws.BucketRegion(string(out.LocationConstraint))}, nil
}

// unseen is a baseline that can't be looked at, or the end of the attempt where another may help.
func (b *baselines) unseen(cell workflows.Cell, operation, resource string, err error) (seen, error) {
	problem, retry := aws.Classify(aws.Call{Operation: operation, Resource: resource, Cell: cell}, err)
	if awaits(problem, retry, b.patient) {
		return seen{}, failure.Retry(problem, 0)
	}
	return seen{}, nil
}

// sample chooses the objects to look at: one of every folder, and others while there is room.
func sample(prefix string, keys []string) []string {
	var first, others []string
	folders := map[string]bool{}
	for _, key := range keys {
		folder := path.Dir(strings.TrimPrefix(key, prefix))
		switch {
		case strings.HasSuffix(key, "/"): // stands for a folder, and is no screenshot
		case folders[folder]:
			others = append(others, key)
		default:
			folders[folder] = true
			first = append(first, key)
		}
	}
	room := max(maxObjects-len(first), 0)
	return append(first, others[:min(room, len(others))]...)
}

// noKey is what an object carries that no KMS key encrypts.
const noKey = "none"

func keyOf(head *s3.HeadObjectOutput) string {
	if key := awssdk.ToString(head.SSEKMSKeyId); key != "" {
		return key
	}
	return noKey
}
