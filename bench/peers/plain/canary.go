package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

// How often, in AWS's time, a canary that settles or a dry run is looked at, and the last runs of a cell are.
const (
	look     = 5 * time.Second
	lookRuns = 10 * time.Second
)

// migrate is the story of one canary: grant the new key, prove it by a dry run, update, wait for a run whose objects are
// under the new key, set the baseline, revoke the old grant.
func (c *cell) migrate(ctx context.Context, canary types.Canary) error {
	if err := c.grant(ctx, aws.ToString(canary.ExecutionRoleArn)); err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	dry, err := c.dryRun(ctx, canary)
	if err != nil {
		return fmt.Errorf("dry run: %w", err)
	}
	since, err := c.update(ctx, &synthetics.UpdateCanaryInput{Name: canary.Name, DryRunId: aws.String(dry)})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	runs, err := c.provenRuns(ctx, canary, since)
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	if err := c.rebase(ctx, canary, runs); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	if err := c.revoke(ctx, canary); err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	return nil
}

// dryRun runs a canary with the new key, and answers the id by which that is committed.
func (c *cell) dryRun(ctx context.Context, canary types.Canary) (string, error) {
	started, err := c.synthetics.StartCanaryDryRun(ctx, &synthetics.StartCanaryDryRunInput{
		Name: canary.Name, ArtifactConfig: &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{
			EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: aws.String(c.key),
		}},
	})
	if err != nil {
		return "", err
	}
	id := started.DryRunConfig.DryRunId
	for {
		if err := c.pace.wait(ctx, look); err != nil {
			return "", err
		}
		out, err := c.synthetics.GetCanaryRuns(ctx, &synthetics.GetCanaryRunsInput{Name: canary.Name, DryRunId: id})
		if err != nil {
			return "", err
		}
		runs := completed(out.CanaryRuns, time.Time{})
		if len(runs) < browsers(canary) {
			continue
		}
		proven, err := c.proven(ctx, runs)
		if err == nil && !proven {
			err = fmt.Errorf("dry run %s did not write under the new key", aws.ToString(id))
		}
		return aws.ToString(id), err
	}
}

// update updates a canary, waits until that has settled, and answers when AWS took it: runs from then on are new ones.
func (c *cell) update(ctx context.Context, in *synthetics.UpdateCanaryInput) (time.Time, error) {
	out, err := c.synthetics.UpdateCanary(ctx, in)
	if err != nil {
		return time.Time{}, err
	}
	taken, _ := awsmiddleware.GetServerTime(out.ResultMetadata)
	for {
		if err := c.pace.wait(ctx, look); err != nil {
			return time.Time{}, err
		}
		out, err := c.synthetics.GetCanary(ctx, &synthetics.GetCanaryInput{Name: in.Name})
		if err != nil {
			return time.Time{}, err
		}
		switch {
		case out.Canary.Status.State == types.CanaryStateUpdating:
		case keyOf(*out.Canary) != c.key:
			return time.Time{}, fmt.Errorf("AWS took the update back: %s", aws.ToString(out.Canary.Status.StateReason))
		default:
			return taken.Add(time.Second), nil // the date has whole seconds
		}
	}
}

// rebase makes the proven runs the baseline of a visual canary, and waits for a run that passes with it.
func (c *cell) rebase(ctx context.Context, canary types.Canary, runs []types.CanaryRun) error {
	if len(canary.VisualReferences) == 0 {
		return nil
	}
	in := &synthetics.UpdateCanaryInput{Name: canary.Name}
	for _, v := range canary.VisualReferences {
		base := runs[0].Id
		for _, r := range runs {
			if r.BrowserType == v.BrowserType {
				base = r.Id
			}
		}
		in.VisualReferences = append(in.VisualReferences, types.VisualReferenceInput{
			BaseCanaryRunId: base, BaseScreenshots: v.BaseScreenshots, BrowserType: v.BrowserType,
		})
	}
	since, err := c.update(ctx, in)
	if err != nil {
		return err
	}
	after, err := c.provenRuns(ctx, canary, since)
	if err != nil {
		return err
	}
	for _, r := range after {
		if r.Status.State != types.CanaryRunStatePassed {
			return fmt.Errorf("run %s failed: %s", aws.ToString(r.Id), aws.ToString(r.Status.StateReason))
		}
	}
	return nil
}
