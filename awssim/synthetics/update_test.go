package synthetics

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

func TestUpdateIsQueuedAndSettles(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	before := b.get()
	if _, err := b.client.UpdateCanary(ctx, &sdk.UpdateCanaryInput{Name: aws.String("checkout"), ArtifactConfig: kmsEncryption(keyL)}); err != nil {
		t.Fatal(err)
	}
	during := b.get()
	if during.Status.State != types.CanaryStateUpdating || *during.ArtifactConfig.S3Encryption.KmsKeyArn != keyK {
		t.Fatalf("while it settles: state %s, key %s", during.Status.State, *during.ArtifactConfig.S3Encryption.KmsKeyArn)
	}
	b.wantCode(b.update(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)}), "ConflictException")
	_, err := b.client.StopCanary(ctx, &sdk.StopCanaryInput{Name: aws.String("checkout")})
	b.wantCode(err, "ConflictException")

	b.clock.Advance(b.service.settings.UpdateDelay)
	after := b.get()
	if after.Status.State != types.CanaryStateRunning || *after.ArtifactConfig.S3Encryption.KmsKeyArn != keyL {
		t.Fatalf("settled: state %s, key %s", after.Status.State, *after.ArtifactConfig.S3Encryption.KmsKeyArn)
	}
	if !after.Timeline.LastModified.After(*before.Timeline.LastModified) {
		t.Error("the update didn't raise LastModified")
	}
	if after.Status.StateReasonCode != types.CanaryStateReasonCodeUpdateComplete || aws.ToString(after.Status.StateReason) != "" {
		t.Errorf("reason %q, code %s", aws.ToString(after.Status.StateReason), after.Status.StateReasonCode)
	}
}

func TestUpdateReturnsToThePreviousState(t *testing.T) {
	for from, want := range map[string]types.CanaryState{
		ready: types.CanaryStateReady, stopped: types.CanaryStateStopped, running: types.CanaryStateRunning, failed: types.CanaryStateReady,
	} {
		t.Run(from, func(t *testing.T) {
			b := newBench(t)
			b.add(func(c *Canary) { c.State, c.LastRun = from, time.Time{} })
			b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)})
			if got := b.get().Status.State; got != want {
				t.Errorf("state %s, want %s", got, want)
			}
		})
	}
}

func TestSilentRollBackKeepsTheOldSettings(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.RollBackNextUpdate = "Lambda couldn't create a network interface" })
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL), ArtifactS3Location: aws.String("s3://artifacts/moved")})
	c := b.get()
	if c.Status.State != types.CanaryStateRunning || c.Status.StateReasonCode != types.CanaryStateReasonCodeRollbackComplete ||
		aws.ToString(c.Status.StateReason) != "Lambda couldn't create a network interface" {
		t.Errorf("status %+v", c.Status)
	}
	if *c.ArtifactConfig.S3Encryption.KmsKeyArn != keyK || *c.ArtifactS3Location != "artifacts/checkout" {
		t.Errorf("settings weren't rolled back: %s, %s", *c.ArtifactConfig.S3Encryption.KmsKeyArn, *c.ArtifactS3Location)
	}
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)})
	if got := *b.get().ArtifactConfig.S3Encryption.KmsKeyArn; got != keyL {
		t.Errorf("the second update left %s", got)
	}
}

func TestPartialUpdateKeepsWhatItDoesNotName(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) {
		c.EnvironmentKey, c.Timeout, c.Retries, c.Duration = keyK, 60, 1, 3600
		c.Tags = map[string]string{"team": "shop"}
		c.MultiLocation = &MultiLocation{Type: "Primary", Primary: region, Replicas: []string{"us-east-1"}, State: "InSync"}
	})
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactS3Location: aws.String("s3://artifacts/moved/")})
	c := b.get()
	if *c.ArtifactS3Location != "artifacts/moved/" || *c.ArtifactConfig.S3Encryption.KmsKeyArn != keyK {
		t.Errorf("location %s, key %s", *c.ArtifactS3Location, *c.ArtifactConfig.S3Encryption.KmsKeyArn)
	}
	if *c.KmsKeyArn != keyK || *c.RunConfig.TimeoutInSeconds != 60 || *c.Schedule.RetryConfig.MaxRetries != 1 ||
		*c.Schedule.DurationInSeconds != 3600 || c.Tags["team"] != "shop" || c.MultiLocationConfig.LocationType != types.LocationTypePrimary {
		t.Errorf("lost something: %+v", c)
	}
	b.mustUpdate(sdk.UpdateCanaryInput{KmsKeyArn: aws.String("")})
	if got := b.get().KmsKeyArn; got != nil {
		t.Errorf("an empty KmsKeyArn left %s", *got)
	}
}

func TestEmptyEncryptionResets(t *testing.T) {
	empty := &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{}}
	for name, resets := range map[string]bool{"resets": true, "changes nothing": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(s *Settings) { s.EmptyEncryptionResets = resets })
			b.add(nil)
			b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: empty})
			if got := b.get().ArtifactConfig == nil; got != resets {
				t.Errorf("reset %v, want %v", got, resets)
			}
		})
	}
}

func TestUpdateRefuses(t *testing.T) {
	screenshots := func(n int) []types.BaseScreenshot {
		return []types.BaseScreenshot{{ScreenshotName: aws.String("home"), IgnoreCoordinates: make([]string, n)}}
	}
	cases := map[string]struct {
		canary func(*Canary)
		in     sdk.UpdateCanaryInput
		code   string
	}{
		"alias instead of key": {in: sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption("arn:aws:kms:eu-west-1:111111111111:alias/x")}},
		"unknown mode": {in: sdk.UpdateCanaryInput{ArtifactConfig: &types.ArtifactConfigInput{
			S3Encryption: &types.S3EncryptionConfig{EncryptionMode: "SSE-KMS"}}}},
		"key with SSE_S3": {in: sdk.UpdateCanaryInput{ArtifactConfig: &types.ArtifactConfigInput{
			S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3, KmsKeyArn: aws.String(keyK)}}}},
		"location without s3://": {in: sdk.UpdateCanaryInput{ArtifactS3Location: aws.String("artifacts/x")}},
		"bucket with a period":   {in: sdk.UpdateCanaryInput{ArtifactS3Location: aws.String("s3://my.bucket/x")}},
		"timeout too long":       {in: sdk.UpdateCanaryInput{RunConfig: &types.CanaryRunConfigInput{TimeoutInSeconds: aws.Int32(841)}}},
		"timeout beyond rate":    {in: sdk.UpdateCanaryInput{RunConfig: &types.CanaryRunConfigInput{TimeoutInSeconds: aws.Int32(400)}}},
		"three retries": {in: sdk.UpdateCanaryInput{Schedule: &types.CanaryScheduleInput{
			Expression: aws.String("rate(5 minutes)"), RetryConfig: &types.RetryConfigInput{MaxRetries: aws.Int32(3)}}}},
		"schedule":          {in: sdk.UpdateCanaryInput{Schedule: &types.CanaryScheduleInput{Expression: aws.String("rate(2 hours)")}}},
		"deprecated target": {in: sdk.UpdateCanaryInput{RuntimeVersion: aws.String("syn-nodejs-puppeteer-7.0")}},
		"deprecated canary": {canary: func(c *Canary) { c.Runtime = "syn-nodejs-puppeteer-6.2" }, in: sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)}},
		"missing role":      {in: sdk.UpdateCanaryInput{ExecutionRoleArn: aws.String("arn:aws:iam::111111111111:role/gone")}},
		"singular reference on a new runtime": {in: sdk.UpdateCanaryInput{
			VisualReference: &types.VisualReferenceInput{BaseCanaryRunId: aws.String("nextrun")}}},
		"reference to an unknown run": {in: sdk.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{
			{BaseCanaryRunId: aws.String("00000000-0000-4000-8000-000000000000")}}}},
		"reference for another browser": {in: sdk.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{
			{BaseCanaryRunId: aws.String("nextrun"), BrowserType: types.BrowserTypeFirefox}}}},
		"too many ignore areas": {in: sdk.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{
			{BaseCanaryRunId: aws.String("nextrun"), BaseScreenshots: screenshots(21)}}}},
		"bad ignore area": {in: sdk.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{
			{BaseCanaryRunId: aws.String("nextrun"), BaseScreenshots: screenshots(1)}}}},
		"visual monitoring in Python": {canary: func(c *Canary) { c.Runtime = "syn-python-selenium-8.0" },
			in: sdk.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{{BaseCanaryRunId: aws.String("nextrun")}}}},
		"two Chromes": {in: sdk.UpdateCanaryInput{BrowserConfigs: []types.BrowserConfig{{BrowserType: "CHROME"}, {BrowserType: "CHROME"}}}},
		"dry run and more": {in: sdk.UpdateCanaryInput{DryRunId: aws.String("00000000-0000-4000-8000-000000000000"),
			ArtifactConfig: kmsEncryption(keyL)}},
		"unknown dry run": {in: sdk.UpdateCanaryInput{DryRunId: aws.String("00000000-0000-4000-8000-000000000000")}, code: "ResourceNotFoundException"},
		"replica": {canary: func(c *Canary) { c.MultiLocation = &MultiLocation{Type: "Replica", Primary: "us-east-1"} },
			in: sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)}, code: "ConflictException"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.add(c.canary)
			code := c.code
			if code == "" {
				code = "ValidationException"
			}
			b.wantCode(b.update(c.in), code)
			if got := b.get().Status.State; got != types.CanaryStateRunning {
				t.Errorf("a refused update left the state %s", got)
			}
		})
	}
}

func TestUpdateOfADeprecatedRuntimeToASupportedOne(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Runtime = "syn-nodejs-puppeteer-6.2" })
	b.mustUpdate(sdk.UpdateCanaryInput{RuntimeVersion: aws.String("syn-nodejs-puppeteer-10.0"), ArtifactConfig: kmsEncryption(keyL)})
	if got := b.get(); *got.RuntimeVersion != "syn-nodejs-puppeteer-10.0" || got.EngineArn == nil || len(got.EngineConfigs) > 0 {
		t.Errorf("runtime %s, engine %v, engines %v", *got.RuntimeVersion, got.EngineArn, got.EngineConfigs)
	}
}

func TestUpdateIsDenied(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	b.refused["iam:PassRole"] = true
	b.wantCode(b.update(sdk.UpdateCanaryInput{ExecutionRoleArn: aws.String(role)}), "AccessDeniedException")
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)})
	b.refused["synthetics:UpdateCanary"] = true
	b.wantCode(b.update(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)}), "AccessDeniedException")
}
