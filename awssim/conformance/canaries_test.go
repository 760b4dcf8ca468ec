package conformance

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

// settling is how long AWS's own CloudFormation handler waits for a state, at most.
const settling = 10 * time.Minute

func (x *trial) canary(s subject) *types.Canary {
	x.Helper()
	out, err := x.synthetics.GetCanary(x.ctx, &awssynthetics.GetCanaryInput{Name: x.named(s)})
	x.must(err)
	return out.Canary
}

// settled is the canary when no operation on it is in progress any more.
func (x *trial) settled(s subject) *types.Canary {
	x.Helper()
	var c *types.Canary
	x.eventually(settling, "the canary's state settles", func() bool {
		c = x.canary(s)
		switch c.Status.State {
		case types.CanaryStateUpdating, types.CanaryStateStarting, types.CanaryStateStopping:
			return false
		default:
			return true
		}
	})
	return c
}

// update asks for an edit, which will be undone.
func (x *trial) update(s subject, in *awssynthetics.UpdateCanaryInput) error {
	x.Helper()
	x.putBack(s)
	in.Name = x.named(s)
	_, err := x.synthetics.UpdateCanary(x.ctx, in)
	return err
}

// edit makes an edit and waits until it is done.
func (x *trial) edit(s subject, in *awssynthetics.UpdateCanaryInput) *types.Canary {
	x.Helper()
	x.must(x.update(s, in))
	return x.settled(s)
}

func (x *trial) start(s subject) error {
	x.Helper()
	x.putBack(s)
	_, err := x.synthetics.StartCanary(x.ctx, &awssynthetics.StartCanaryInput{Name: x.named(s)})
	return err
}

func (x *trial) stop(s subject) error {
	x.Helper()
	x.putBack(s)
	_, err := x.synthetics.StopCanary(x.ctx, &awssynthetics.StopCanaryInput{Name: x.named(s)})
	return err
}

// putBack returns the canary to its present settings and state when the trial ends.
func (x *trial) putBack(s subject) {
	before := x.settled(s)
	x.Cleanup(func() { x.restore(s, before) })
}

func (x *trial) restore(s subject, before *types.Canary) {
	now := x.settled(s)
	if in := difference(now, before); in != nil && !x.fact.lasting {
		_, err := x.synthetics.UpdateCanary(x.ctx, in)
		x.must(err)
		now = x.settled(s)
	}
	var err error
	switch was, is := before.Status.State, now.Status.State; {
	case was == types.CanaryStateRunning && is == types.CanaryStateStopped && !runsOnce(before):
		_, err = x.synthetics.StartCanary(x.ctx, &awssynthetics.StartCanaryInput{Name: before.Name})
	case was != types.CanaryStateRunning && is == types.CanaryStateRunning:
		_, err = x.synthetics.StopCanary(x.ctx, &awssynthetics.StopCanaryInput{Name: before.Name})
	}
	x.must(err)
	x.settled(s)
}

func runsOnce(c *types.Canary) bool { return *c.Schedule.Expression == "rate(0 hour)" }

// difference is the edit that makes a canary what it was; nil when it still is.
func difference(now, before *types.Canary) *awssynthetics.UpdateCanaryInput {
	in := &awssynthetics.UpdateCanaryInput{Name: before.Name}
	changed := false
	if text(now.ArtifactConfig) != text(before.ArtifactConfig) {
		in.ArtifactConfig, changed = asInput(before.ArtifactConfig), true
	}
	if *now.ArtifactS3Location != *before.ArtifactS3Location {
		in.ArtifactS3Location, changed = aws.String("s3://"+*before.ArtifactS3Location), true
	}
	if text(now.VisualReferences) != text(before.VisualReferences) {
		for _, v := range before.VisualReferences {
			in.VisualReferences = append(in.VisualReferences, types.VisualReferenceInput(v))
		}
		changed = true
	}
	if *now.Schedule.Expression != *before.Schedule.Expression {
		in.Schedule, changed = &types.CanaryScheduleInput{
			Expression: before.Schedule.Expression, DurationInSeconds: before.Schedule.DurationInSeconds,
		}, true
	}
	if !changed {
		return nil
	}
	return in
}

// asInput is what sets an artifact encryption; the empty one is AWS's default again.
func asInput(c *types.ArtifactConfigOutput) *types.ArtifactConfigInput {
	if c == nil || c.S3Encryption == nil {
		return &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{}}
	}
	return &types.ArtifactConfigInput{S3Encryption: c.S3Encryption}
}

// under is the edit that moves artifacts to a key.
func (x *trial) under(s subject) *awssynthetics.UpdateCanaryInput {
	return &awssynthetics.UpdateCanaryInput{ArtifactConfig: x.toKey(s)}
}

func (x *trial) toKey(s subject) *types.ArtifactConfigInput {
	return &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{
		EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: x.named(s),
	}}
}

// keyOf is the key that the canary is configured with; empty for none.
func keyOf(c *types.Canary) string {
	if c.ArtifactConfig == nil || c.ArtifactConfig.S3Encryption == nil {
		return ""
	}
	return aws.ToString(c.ArtifactConfig.S3Encryption.KmsKeyArn)
}

// runs are the canary's runs, in the order of the answer.
func (x *trial) runs(s subject) []types.CanaryRun {
	x.Helper()
	out, err := x.synthetics.GetCanaryRuns(x.ctx, &awssynthetics.GetCanaryRunsInput{Name: x.named(s)})
	x.must(err)
	return out.CanaryRuns
}

// history holds the ids of runs that are known already.
type history map[string]bool

func (x *trial) recorded(s subject) history {
	x.Helper()
	known := history{}
	for _, r := range x.runs(s) {
		known[*r.Id] = true
	}
	return known
}

// history is what is recorded once the run has come that an edit by an earlier fact may have caused.
func (x *trial) history(s subject) history {
	x.Helper()
	c := x.settled(s)
	edited := *c.Timeline.LastModified
	for c.Status.State == types.CanaryStateRunning && x.clock.Now().Sub(edited) < soon && !x.hasRunSince(s, edited) {
		x.clock.Wait(x.ctx, x.interval())
	}
	return x.recorded(s)
}

func (x *trial) hasRunSince(s subject, t time.Time) bool {
	ran := false
	for _, r := range x.runs(s) {
		if r.Status.State == types.CanaryRunStateRunning {
			return false
		}
		ran = ran || r.Timeline.Started.After(t)
	}
	return ran
}

// next is the first run after the known ones, ended. It needs the schedule to make one soon.
func (x *trial) next(s subject, known history) types.CanaryRun {
	x.Helper()
	return x.nextOf(s, known, 1)[0]
}

// nextOf are the first n runs after the known ones, ended, oldest first.
func (x *trial) nextOf(s subject, known history, n int) []types.CanaryRun {
	x.Helper()
	var found []types.CanaryRun
	x.eventually(settling, "the canary runs", func() bool {
		found = nil
		for _, r := range x.runs(s) {
			if !known[*r.Id] && r.Status.State != types.CanaryRunStateRunning {
				found = append(found, r)
			}
		}
		return len(found) >= n
	})
	slices.SortFunc(found, func(a, b types.CanaryRun) int { return a.Timeline.Started.Compare(*b.Timeline.Started) })
	return found[:n]
}

// ended is the newest run that has ended.
func (x *trial) ended(s subject) types.CanaryRun {
	x.Helper()
	for _, r := range x.runs(s) {
		if r.Status.State != types.CanaryRunStateRunning {
			return r
		}
	}
	x.Fatalf("canary %s has no run", x.id(s))
	return types.CanaryRun{}
}

// artifacts are the keys of the objects below a location, as the API shows it.
func (x *trial) artifacts(location string) (in string, keys []string) {
	x.Helper()
	in, prefix, _ := strings.Cut(location, "/")
	out, err := x.s3.ListObjectsV2(x.ctx, &awss3.ListObjectsV2Input{
		Bucket: &in, Prefix: aws.String(strings.TrimSuffix(prefix, "/") + "/"),
	})
	x.must(err)
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return in, keys
}

// encryption is what the artifacts below a location lie under: a key's ARN, or the algorithm.
func (x *trial) encryption(location string) string {
	x.Helper()
	in, keys := x.artifacts(location)
	if len(keys) == 0 {
		return ""
	}
	return x.encryptionOf(in, keys[0])
}

func (x *trial) encryptionOf(in, object string) string {
	x.Helper()
	head, err := x.s3.HeadObject(x.ctx, &awss3.HeadObjectInput{Bucket: &in, Key: &object})
	x.must(err)
	if head.SSEKMSKeyId != nil {
		return *head.SSEKMSKeyId
	}
	return string(head.ServerSideEncryption)
}

// expectEncryption fails the trial unless the run's artifacts lie under the key.
func (x *trial) expectEncryption(r types.CanaryRun, s subject) {
	x.Helper()
	if got := x.encryption(*r.ArtifactS3Location); got != x.id(s) {
		x.Errorf("the artifacts lie under %q, want %s", got, x.id(s))
	}
}

// screenshots are the screenshots of references, without the runs that they are from.
func screenshots(references []types.VisualReferenceOutput) map[types.BrowserType][]types.BaseScreenshot {
	by := map[types.BrowserType][]types.BaseScreenshot{}
	for _, v := range references {
		by[v.BrowserType] = v.BaseScreenshots
	}
	return by
}

// rebased are inputs that give every browser's baseline another base, with the screenshots as they are.
func rebased(c *types.Canary, base string) []types.VisualReferenceInput {
	var in []types.VisualReferenceInput
	for _, v := range c.VisualReferences {
		in = append(in, types.VisualReferenceInput{
			BaseCanaryRunId: &base, BaseScreenshots: v.BaseScreenshots, BrowserType: v.BrowserType,
		})
	}
	return in
}

// pass lets time go by, for what is not to happen.
func (x *trial) pass(d time.Duration) { x.clock.Wait(context.WithoutCancel(x.ctx), d) }
