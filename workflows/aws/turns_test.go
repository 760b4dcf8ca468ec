package aws_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"go.temporal.io/sdk/temporal"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/limiter"
	"rekey/workflows/failure"
)

var here = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}

func describeKey(ctx context.Context, access *aws.Access, cell workflows.Cell, options ...func(*kms.Options)) error {
	api := kms.NewFromConfig(access.Config(cell, "kms"), options...)
	_, err := api.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: awssdk.String("key")})
	return err
}

// TestEveryAttemptTakesATurn has AWS throttle everything: the SDK's own repetitions count as calls too.
func TestEveryAttemptTakesATurn(t *testing.T) {
	d := &door{status: http.StatusBadRequest, body: `{"__type": "ThrottlingException"}`}
	access := enter(t, d, aws.Config{})
	if err := describeKey(t.Context(), access, here); err == nil {
		t.Fatal("a throttled call succeeded")
	}
	got := access.Rates(here, "kms")["DescribeKey"]
	if d.calls != 3 || got >= 10.0/2 {
		t.Errorf("%d calls, and still %.1f a second", d.calls, got)
	}
}

// TestLimitsAreApart throttles one operation, in one account and Region.
func TestLimitsAreApart(t *testing.T) {
	d := &door{status: http.StatusTooManyRequests, body: `{}`}
	access := enter(t, d, aws.Config{})
	if err := describeKey(t.Context(), access, here); err == nil {
		t.Fatal("a throttled call succeeded")
	}
	learned := access.Rates(here, "kms")["DescribeKey"]
	d.status, d.body = http.StatusOK, `{"Canaries": []}`
	elsewhere := []workflows.Cell{{Account: "222222222222", Region: here.Region}, {Account: here.Account, Region: "us-east-1"}}
	for _, cell := range elsewhere {
		if err := describeKey(t.Context(), access, cell); err != nil {
			t.Fatal(err)
		}
		if got := access.Rates(cell, "kms")["DescribeKey"]; got <= learned {
			t.Errorf("%v: %.1f a second, and %.1f where it was throttled", cell, got, learned)
		}
	}
	describe(t, access, here)
	if got := access.Rates(here, "synthetics")["DescribeCanaries"]; got <= learned {
		t.Errorf("DescribeCanaries: %.1f a second", got)
	}
}

// TestWhatThrottlingIs has AWS answer calls in the ways in which it throttles, and in others.
func TestWhatThrottlingIs(t *testing.T) {
	head := func(access *aws.Access) (float64, error) {
		api := s3.NewFromConfig(access.Config(here, "s3"), func(o *s3.Options) { o.UsePathStyle, o.RetryMaxAttempts = true, 1 })
		_, err := api.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: awssdk.String("bucket"), Key: awssdk.String("key")})
		return access.Rates(here, "s3")["HeadObject"], err
	}
	get := func(access *aws.Access) (float64, error) {
		api := synthetics.NewFromConfig(access.Config(here, "synthetics"), func(o *synthetics.Options) { o.RetryMaxAttempts = 1 })
		_, err := api.GetCanary(t.Context(), &synthetics.GetCanaryInput{Name: awssdk.String("canary")})
		return access.Rates(here, "synthetics")["GetCanary"], err
	}
	for name, test := range map[string]struct {
		call   func(*aws.Access) (float64, error)
		status int
		body   string
		falls  bool
	}{
		"too many requests":           {get, http.StatusTooManyRequests, `{}`, true},
		"a throttling exception":      {get, http.StatusBadRequest, `{"code": "ThrottlingException"}`, true},
		"slow down, to HEAD":          {head, http.StatusServiceUnavailable, "", true},
		"a quota that is used up":     {get, http.StatusBadRequest, `{"code": "LimitExceededException"}`, false},
		"a refusal":                   {get, http.StatusBadRequest, `{"code": "ValidationException"}`, false},
		"a server that failed":        {get, http.StatusInternalServerError, `{}`, false},
		"another service unavailable": {get, http.StatusServiceUnavailable, `{}`, false},
		"an answer":                   {get, http.StatusOK, `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			access := enter(t, &door{status: test.status, body: test.body}, aws.Config{})
			if got, err := test.call(access); (got < 10) != test.falls {
				t.Errorf("%.1f a second after %v", got, err)
			}
		})
	}
}

// slow is an API that bears less than a call a second, as is known, and the way to it.
func slow(t *testing.T) (*door, *aws.Access) {
	t.Helper()
	d := &door{status: http.StatusBadRequest, body: `{"__type": "ThrottlingException"}`}
	access := enter(t, d, aws.Config{})
	for access.Rates(here, "kms")["DescribeKey"] > 1 || d.calls == 0 {
		_ = describeKey(t.Context(), access, here, func(o *kms.Options) { o.RetryMaxAttempts = 1 })
	}
	return d, access
}

// TestPutOffComesAgainLater has more visitors than a slow API bears: most end with the time after which to come again, which
// survives the classification of an activity's error.
func TestPutOffComesAgainLater(t *testing.T) {
	_, access := slow(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	errs := make(chan error, 20)
	for range cap(errs) {
		all.Go(func() { errs <- describeKey(limiter.Begin(ctx), access, here) })
	}
	err := <-errs
	problem, again := aws.Classify(aws.Call{Operation: "kms:DescribeKey", Cell: here}, err)
	cancel()
	app, _ := errors.AsType[*temporal.ApplicationError](failure.Classified(problem, again))
	if app == nil || app.NextRetryDelay() < time.Second || !failure.IsPutOff(problem) || problem.Reason != workflows.AWSRefused {
		t.Errorf("got %+v, again %v", problem, again)
	}
}

// TestLineIsEnteredBeforeTheLook has a caller come to a long line: it is told to come again, and has called nothing.
func TestLineIsEnteredBeforeTheLook(t *testing.T) {
	d, access := slow(t)
	calls := d.calls
	var leaves []func()
	for range 40 {
		_, leave, err := access.Enter(t.Context(), here, "kms", "DescribeKey")
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	_, _, err := access.Enter(limiter.Begin(t.Context()), here, "kms", "DescribeKey")
	if problem, again := aws.Classify(aws.Call{Operation: "kms:DescribeKey", Cell: here}, err); err == nil || !again || !failure.IsPutOff(problem) {
		t.Errorf("a long line: %v", err)
	}
	for _, leave := range leaves {
		leave()
	}
	if _, _, err := access.Enter(limiter.Begin(t.Context()), here, "kms", "DescribeKey"); err != nil {
		t.Errorf("when they have left: %v", err)
	}
	if d.calls != calls {
		t.Errorf("%d calls", d.calls-calls)
	}
}

// TestWhatIsSentIsNotCalledOff cancels a call while AWS is at it, whose answer is heard, and then one that waits for its turn.
func TestWhatIsSentIsNotCalledOff(t *testing.T) {
	d := &door{status: http.StatusOK, body: `{}`}
	access := enter(t, d, aws.Config{})
	if err := describeKey(t.Context(), access, here); err != nil { // which also enters the account
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d.held = make(chan struct{})
	answered := make(chan error)
	go func() { answered <- describeKey(ctx, access, here) }()
	<-d.held
	cancel()
	<-d.held
	d.held = nil
	if err := <-answered; err != nil {
		t.Errorf("what was sent ended with %v", err)
	}
	if err := describeKey(ctx, access, here); !errors.Is(err, context.Canceled) {
		t.Errorf("what was not ended with %v", err)
	}
}
