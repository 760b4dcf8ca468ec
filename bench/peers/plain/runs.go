package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

// provenRuns waits for runs of a canary, one in each browser, whose objects are under the new key. A run that began before the
// update had settled still writes under the old one.
func (c *cell) provenRuns(ctx context.Context, canary types.Canary, since time.Time) ([]types.CanaryRun, error) {
	for {
		last, err := c.lastRuns(ctx)
		if err != nil {
			return nil, err
		}
		if last[aws.ToString(canary.Name)].Before(since) {
			continue
		}
		out, err := c.synthetics.GetCanaryRuns(ctx, &synthetics.GetCanaryRunsInput{Name: canary.Name})
		if err != nil {
			return nil, err
		}
		runs := completed(out.CanaryRuns, since)
		if len(runs) < browsers(canary) {
			continue
		}
		proven, err := c.proven(ctx, runs)
		if err != nil || proven {
			return runs, err
		}
		for _, r := range runs {
			if r.Status.State == types.CanaryRunStateFailed {
				return nil, fmt.Errorf("run %s: %s", aws.ToString(r.Id), aws.ToString(r.Status.StateReason))
			}
			since = latest(since, started(r).Add(time.Millisecond))
		}
	}
}

// lastRuns are when the last completed runs of the cell's canaries started, by name. Whoever waits shares the answer.
func (c *cell) lastRuns(ctx context.Context) (map[string]time.Time, error) {
	found, err, _ := c.looks.Do("", func() (any, error) {
		if err := c.pace.wait(ctx, lookRuns); err != nil {
			return nil, err
		}
		last := map[string]time.Time{}
		pages := synthetics.NewDescribeCanariesLastRunPaginator(c.synthetics, &synthetics.DescribeCanariesLastRunInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, r := range page.CanariesLastRun {
				if r.LastRun != nil && isComplete(*r.LastRun) {
					last[aws.ToString(r.CanaryName)] = aws.ToTime(r.LastRun.Timeline.Started)
				}
			}
		}
		return last, nil
	})
	if err != nil {
		return nil, err
	}
	return found.(map[string]time.Time), nil //nolint:forcetypeassert // it is what the function answers
}

// completed are the newest completed runs, one in each browser.
func completed(found []types.CanaryRun, since time.Time) []types.CanaryRun {
	newest := map[types.BrowserType]types.CanaryRun{}
	for _, r := range found {
		before, ok := newest[r.BrowserType]
		if isComplete(r) && !started(r).Before(since) && (!ok || started(before).Before(started(r))) {
			newest[r.BrowserType] = r
		}
	}
	return slices.Collect(maps.Values(newest))
}

func started(r types.CanaryRun) time.Time { return aws.ToTime(r.Timeline.Started) }

func isComplete(r types.CanaryRun) bool {
	return r.Status != nil && r.Status.State != types.CanaryRunStateRunning && r.Timeline != nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// browsers are how many runs one run of a canary is told as.
func browsers(c types.Canary) int { return max(len(c.BrowserConfigs), 1) }

// proven reports whether the objects of all the runs are under the new key.
func (c *cell) proven(ctx context.Context, runs []types.CanaryRun) (bool, error) {
	for _, r := range runs {
		bucket, prefix, _ := strings.Cut(strings.TrimPrefix(aws.ToString(r.ArtifactS3Location), "s3://"), "/")
		if bucket == "" {
			return false, nil
		}
		list, err := c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
			Bucket: aws.String(bucket), Prefix: aws.String(strings.TrimRight(prefix, "/") + "/"), MaxKeys: aws.Int32(25),
		})
		if err != nil || len(list.Contents) == 0 {
			return false, err
		}
		for _, o := range list.Contents {
			head, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: o.Key})
			if err != nil || aws.ToString(head.SSEKMSKeyId) != c.key {
				return false, err
			}
		}
	}
	return true, nil
}
