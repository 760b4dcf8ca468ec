package planning

import (
	"fmt"
	"slices"
	"strings"

	"rekey/workflows"
)

// Regions are the Regions of the buckets that the canaries are to write to, for which a key is to be resolved; none
// where the target's encryption needs no key.
func Regions(census workflows.Census, target workflows.Target) []string {
	if target.Mode != workflows.SSEKMS {
		return nil
	}
	var regions []string
	for _, s := range census.Canaries {
		region := s.BucketRegion
		if m := moveOf(census, s.Name); m != nil {
			region = m.BucketRegion
		}
		if region != "" && !slices.Contains(regions, region) {
			regions = append(regions, region)
		}
	}
	slices.Sort(regions)
	return regions
}

func moveOf(census workflows.Census, name string) *workflows.Move {
	i := slices.IndexFunc(census.Moves, func(m workflows.Move) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return &census.Moves[i]
}

// target determines the encryption and the location that the canary is to have. Where the bucket's Region is not known
// neither is the key; suit tells.
func (d *draft) target() {
	s := d.Recorded
	d.To, d.ToLocation, d.ToBucketRegion = s.From, s.Location, s.BucketRegion
	if m := moveOf(d.Census, s.Name); m != nil {
		d.ToLocation, d.ToBucketRegion, d.Problem = m.Location, m.BucketRegion, m.Problem
	}
	if d.Problem != nil || d.Target.Mode == "" {
		return
	}
	d.To = workflows.Encryption{Mode: d.Target.Mode}
	if d.To.Mode == workflows.SSEKMS && d.ToBucketRegion != "" {
		d.To.KeyARN, d.Problem = d.key()
	}
}

// bucket blocks a canary whose artifacts could not be looked at: not even the Region of their bucket can be read.
func (d *draft) bucket() *workflows.Problem {
	if d.ToBucketRegion != "" {
		return nil
	}
	bucket, _, _ := strings.Cut(d.ToLocation, "/")
	return &workflows.Problem{
		Reason:   workflows.BucketNotReadable,
		Message:  fmt.Sprintf("The artifact bucket %s of canary %s can't be looked into, so nothing could prove a change: not even its Region could be read.", bucket, d.Recorded.Name),
		NextStep: "Allow the member role s3:GetBucketLocation, s3:ListBucket and s3:GetObject on the bucket (a bucket of another account needs that in its policy), and create the migration anew.",
		Metadata: map[string]string{"bucket": bucket, "operation": "s3:GetBucketLocation", "aws_code": ""},
	}
}

// key is the target's key of the bucket's Region.
func (d *draft) key() (string, *workflows.Problem) {
	for _, k := range d.Keys {
		if k.Region == d.ToBucketRegion {
			return k.ARN, k.Problem
		}
	}
	bucket, _, _ := strings.Cut(d.ToLocation, "/")
	return "", &workflows.Problem{
		Reason:   workflows.NoKeyForRegion,
		Message:  fmt.Sprintf("The artifact bucket of canary %s is in %s, for which the target names no key.", d.Recorded.Name, d.ToBucketRegion),
		NextStep: "Add a key of that Region to the target, and create the migration anew.",
		Metadata: map[string]string{"region": d.ToBucketRegion, "bucket": bucket},
	}
}
