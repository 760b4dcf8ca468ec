package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
)

// cell is an account in a Region.
type cell struct {
	account, region string
	key             string // the new one
	settle          time.Duration
	pace            pace

	synthetics *synthetics.Client
	kms        *kms.Client
	s3         *s3.Client

	grants grants
	users  *users
	looks  singleflight.Group // at the last runs of the cell
}

// attempts is how often a call is made that AWS throttles: the SDK's three would give up a canary at the first rush.
const attempts = 30

// run migrates what is not under the new keys. A canary that fails is told, and the others go on.
func run(ctx context.Context, s settings) error {
	base, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(httpClient()), config.WithRetryer(retryer))
	if err != nil {
		return err
	}
	cells, err := s.cells(base)
	if err != nil {
		return err
	}
	var done, failed atomic.Int64
	all := new(errgroup.Group)
	if s.serial {
		all.SetLimit(1)
	}
	for _, c := range cells {
		all.Go(func() error { return c.migrateAll(ctx, s, &done, &failed) })
	}
	err = all.Wait()
	fmt.Printf("%d canaries migrated, %d failed\n", done.Load(), failed.Load())
	if err == nil && failed.Load() > 0 {
		return fmt.Errorf("%d canaries failed", failed.Load())
	}
	return err
}

// retryer is the SDK's standard one, without its quota of retries, which a throttled fleet uses up.
func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.RateLimiter = attempts, ratelimit.None })
}

func httpClient() aws.HTTPClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 64 })
}

func (s settings) cells(base aws.Config) ([]*cell, error) {
	keys := map[string]string{} // by Region
	for _, key := range s.keys {
		if fields := strings.Split(key, ":"); len(fields) > 3 {
			keys[fields[3]] = key
		}
	}
	var cells []*cell
	for _, account := range s.accounts {
		role := "arn:aws:iam::" + account + ":role/" + s.role
		session := aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(base), role, func(o *stscreds.AssumeRoleOptions) {
			if s.externalID != "" {
				o.ExternalID = aws.String(s.externalID)
			}
		}))
		for _, region := range s.regions {
			if keys[region] == "" {
				return nil, fmt.Errorf("there is no key for %s", region)
			}
			c := base.Copy()
			c.Region, c.Credentials = region, session
			cells = append(cells, &cell{
				account: account, region: region, key: keys[region], settle: s.settle, pace: pace(s.simulatedPerSecond),
				synthetics: synthetics.NewFromConfig(c), kms: kms.NewFromConfig(c),
				s3: s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil }),
			})
		}
	}
	return cells, nil
}

// migrateAll migrates the canaries of a cell that are not under the new key, some of them at a time.
func (c *cell) migrateAll(ctx context.Context, s settings, done, failed *atomic.Int64) error {
	canaries, err := c.old(ctx)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", c.account, c.region, err)
	}
	c.users = usersOf(canaries)
	some := new(errgroup.Group)
	some.SetLimit(s.perCell)
	if s.serial {
		some.SetLimit(1)
	}
	for _, canary := range canaries {
		some.Go(func() error {
			if err := c.migrate(ctx, canary); err != nil {
				failed.Add(1)
				fmt.Fprintf(os.Stderr, "%s in %s, %s: %v\n", c.account, c.region, aws.ToString(canary.Name), err)
				return nil
			}
			done.Add(1)
			return nil
		})
	}
	return some.Wait()
}

// old are the canaries that are not under the new key.
func (c *cell) old(ctx context.Context) ([]types.Canary, error) {
	var list []types.Canary
	pages := synthetics.NewDescribeCanariesPaginator(c.synthetics, &synthetics.DescribeCanariesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, canary := range page.Canaries {
			if keyOf(canary) != c.key {
				list = append(list, canary)
			}
		}
	}
	return list, nil
}

// keyOf is the key of a canary's artifacts, empty where it has none of its own.
func keyOf(c types.Canary) string {
	if c.ArtifactConfig == nil || c.ArtifactConfig.S3Encryption == nil {
		return ""
	}
	return aws.ToString(c.ArtifactConfig.S3Encryption.KmsKeyArn)
}

// pace is how many of AWS's seconds pass in a real one.
type pace float64

// wait waits some of AWS's time.
func (p pace) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(time.Duration(float64(d) / float64(p)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
