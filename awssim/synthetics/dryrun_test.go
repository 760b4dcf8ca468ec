package synthetics

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

func (b *bench) dryRun(in sdk.StartCanaryDryRunInput) (string, error) {
	in.Name = aws.String("checkout")
	out, err := b.client.StartCanaryDryRun(ctx, &in)
	if err != nil {
		return "", err
	}
	return *out.DryRunConfig.DryRunId, nil
}

func (b *bench) dryRunResult(id string) (*types.Canary, []types.CanaryRun) {
	b.Helper()
	c, err := b.client.GetCanary(ctx, &sdk.GetCanaryInput{Name: aws.String("checkout"), DryRunId: &id})
	if err != nil {
		b.Fatal(err)
	}
	r, err := b.client.GetCanaryRuns(ctx, &sdk.GetCanaryRunsInput{Name: aws.String("checkout"), DryRunId: &id})
	if err != nil {
		b.Fatal(err)
	}
	return c.Canary, r.CanaryRuns
}

func TestADryRunProvesAndIsCommitted(t *testing.T) {
	b := newBench(t)
	b.add(visualCanary)
	id, err := b.dryRun(sdk.StartCanaryDryRunInput{ArtifactConfig: kmsEncryption(keyL)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.dryRun(sdk.StartCanaryDryRunInput{})
	b.wantCode(err, "ConflictException")
	if c, runs := b.dryRunResult(id); *c.DryRunConfig.LastDryRunExecutionStatus != "RUNNING" || len(runs) != 0 {
		t.Errorf("status %s, runs %d", *c.DryRunConfig.LastDryRunExecutionStatus, len(runs))
	}
	b.clock.Advance(10 * time.Second)
	c, runs := b.dryRunResult(id)
	if *c.DryRunConfig.LastDryRunExecutionStatus != "PASSED" || *c.ArtifactConfig.S3Encryption.KmsKeyArn != keyL {
		t.Errorf("as it would be: %s, %s", *c.DryRunConfig.LastDryRunExecutionStatus, *c.ArtifactConfig.S3Encryption.KmsKeyArn)
	}
	if len(runs) != 1 || *runs[0].DryRunConfig.DryRunId != id || runs[0].Status.State != types.CanaryRunStatePassed {
		t.Fatalf("runs %+v", runs)
	}
	for name, key := range b.bucket.under(*runs[0].ArtifactS3Location) {
		if key != keyL {
			t.Errorf("%s lies under %s", name, key)
		}
	}
	if now := b.get(); *now.ArtifactConfig.S3Encryption.KmsKeyArn != keyK || len(b.runs()) != 1 {
		t.Errorf("the dry run changed the canary: %s, %d runs", *now.ArtifactConfig.S3Encryption.KmsKeyArn, len(b.runs()))
	}
	b.mustUpdate(sdk.UpdateCanaryInput{DryRunId: &id})
	if now := b.get(); *now.ArtifactConfig.S3Encryption.KmsKeyArn != keyL {
		t.Errorf("committed: %s", *now.ArtifactConfig.S3Encryption.KmsKeyArn)
	}
}

func TestAFailedDryRunCannotBeCommitted(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	b.bucket.keys[keyL] = true
	id, err := b.dryRun(sdk.StartCanaryDryRunInput{ArtifactConfig: kmsEncryption(keyL)})
	if err != nil {
		t.Fatal(err)
	}
	b.wantCode(b.update(sdk.UpdateCanaryInput{DryRunId: &id}), "ConflictException")
	b.clock.Advance(10 * time.Second)
	c, runs := b.dryRunResult(id)
	if *c.DryRunConfig.LastDryRunExecutionStatus != "FAILED" || runs[0].Status.StateReasonCode != types.CanaryRunStateReasonCodeExecutionFailure {
		t.Errorf("status %s, run %+v", *c.DryRunConfig.LastDryRunExecutionStatus, runs[0].Status)
	}
	b.wantCode(b.update(sdk.UpdateCanaryInput{DryRunId: &id}), "ValidationException")
}

func TestADryRunGoesStaleWithAnEdit(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	id, err := b.dryRun(sdk.StartCanaryDryRunInput{ArtifactConfig: kmsEncryption(keyL)})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(10 * time.Second)
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactS3Location: aws.String("s3://artifacts/moved")})
	b.wantCode(b.update(sdk.UpdateCanaryInput{DryRunId: &id}), "ValidationException")
}

func TestDryRunRuntimes(t *testing.T) {
	for runtime, ok := range map[string]bool{
		"syn-nodejs-puppeteer-9.1": false, "syn-nodejs-puppeteer-10.0": true, "syn-nodejs-playwright-1.0": false,
		"syn-nodejs-playwright-2.0": true, "syn-python-selenium-6.0": true, "syn-nodejs-3.0": true, "syn-java-1.0": false,
	} {
		t.Run(runtime, func(t *testing.T) {
			b := newBench(t)
			b.add(func(c *Canary) { c.Runtime = runtime })
			if _, err := b.dryRun(sdk.StartCanaryDryRunInput{}); (err == nil) != ok {
				t.Errorf("dry run: %v", err)
			}
		})
	}
}

func TestRunTypes(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	id, err := b.dryRun(sdk.StartCanaryDryRunInput{})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(10 * time.Second)
	list := func(kind types.RunType, id *string) ([]types.CanaryRun, error) {
		out, err := b.client.GetCanaryRuns(ctx, &sdk.GetCanaryRunsInput{Name: aws.String("checkout"), RunType: kind, DryRunId: id})
		if err != nil {
			return nil, err
		}
		return out.CanaryRuns, nil
	}
	if runs, err := list(types.RunTypeDryRun, nil); err != nil || len(runs) != 1 || runs[0].DryRunConfig == nil {
		t.Errorf("dry runs %+v, %v", runs, err)
	}
	if runs, err := list(types.RunTypeCanaryRun, nil); err != nil || len(runs) != 1 || runs[0].DryRunConfig != nil {
		t.Errorf("canary runs %+v, %v", runs, err)
	}
	_, err = list(types.RunTypeCanaryRun, &id)
	b.wantCode(err, "ValidationException")
}
