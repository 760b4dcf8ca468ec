package limiter

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"golang.org/x/sync/errgroup"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/awssim/sim"
	"rekey/workflows"
	"rekey/workflows/aws"
)

// The operation that is called and limited.
const service, operation = "synthetics", "GetCanary"

// measure plays all cases at the same time, each in an account of its own.
func (r *Result) measure(ctx context.Context) error {
	f := fleet.Generate(fleet.GeneratorConfig{
		Seed: 1, Accounts: len(r.Cases), RegionsPerAccount: 1, Canaries: len(r.Cases), Schedule: "rate(1 hour)",
	})
	world, err := sim.New(sim.Config{Fleet: f})
	if err != nil {
		return err
	}
	defer world.Close()
	var rules []fault.Rule
	all, ctx := errgroup.WithContext(ctx)
	for i, canary := range f.Canaries {
		c, cell := r.Cases[i], workflows.Cell{Account: canary.Account, Region: canary.Region}
		rules = append(rules, fault.Rule{Service: service, Operation: operation, Account: cell.Account, Limit: c.Limit, Burst: c.Bucket})
		all.Go(func() error { return c.play(ctx, r.Workload, world.Handler(), cell, canary.Name) })
	}
	world.World.Faults.Set(rules)
	return all.Wait()
}

// counter counts the answers to the calls that are limited.
type counter struct{ passed, throttled atomic.Int64 }

// counting counts what a handler answers.
func (n *counter) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		switch {
		case !strings.HasPrefix(r.URL.Path, "/canary/"):
		case answer.status == http.StatusTooManyRequests:
			n.throttled.Add(1)
		default:
			n.passed.Add(1)
		}
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// play has workers call as much as they may, and measures it after a while.
func (c *Case) play(ctx context.Context, w Workload, handler http.Handler, cell workflows.Cell, name string) error {
	var count counter
	server := httptest.NewServer(count.counting(handler))
	defer server.Close()
	calling, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	var workers []*aws.Access
	for range c.Workers {
		access, err := enter(ctx, server.URL, w.Share)
		if err != nil {
			return err
		}
		workers = append(workers, access)
		api := synthetics.NewFromConfig(access.Config(cell, service))
		for range callers(c.Limit) {
			all.Go(func() {
				for calling.Err() == nil {
					// What becomes of a call is counted where it arrives.
					_, _ = api.GetCanary(calling, &synthetics.GetCanaryInput{Name: awssdk.String(name)})
				}
			})
		}
	}
	if err := rest(ctx, w.SettleSeconds); err != nil {
		return err
	}
	passed, throttled := count.passed.Load(), count.throttled.Load()
	begin := time.Now()
	if err := rest(ctx, w.MeasureSeconds); err != nil {
		return err
	}
	c.Searching = throttled
	c.conclude(count.passed.Load()-passed, count.throttled.Load()-throttled, time.Since(begin), w.Share)
	for _, worker := range workers {
		c.Rates = append(c.Rates, worker.Rates(cell, service)[operation])
	}
	return nil
}

// conclude works out what was called in a time.
func (c *Case) conclude(passed, throttled int64, in time.Duration, share float64) {
	c.Used = float64(passed) / (c.Limit * in.Seconds())
	c.Throttled = float64(throttled) / float64(max(passed+throttled, 1))
	c.Met = (c.Used >= leastUsed || share < 1) && c.Throttled < mostThrottled
}

// callers are as many as are needed for more calls than a limit allows. Some of them wait, after a call that was throttled.
func callers(limit float64) int { return 6 + int(limit/2) }

// enter is a worker's way into the simulated AWS.
func enter(ctx context.Context, url string, share float64) (*aws.Access, error) {
	access, err := aws.New(ctx, aws.Config{
		MemberRole: fleet.MemberRole, ExternalID: fleet.ExternalID, EndpointURL: url, RateShare: share,
		Base: &awssdk.Config{
			Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(fleet.HubAccessKey, fleet.HubSecret, ""),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	return access, nil
}

// rest waits for some seconds, or for the context's end.
func rest(ctx context.Context, seconds float64) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(seconds * float64(time.Second))):
		return nil
	}
}
