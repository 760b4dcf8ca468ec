package conformance

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	awsaccount "github.com/aws/aws-sdk-go-v2/service/account"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awsorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// trial is one fact being asked of one AWS.
type trial struct {
	*testing.T
	*environment
	fact fact
	// ctx outlives the test, so that what was changed can be put back.
	ctx context.Context
	// caller is the canaries' account, where it may do everything.
	*caller
}

// caller is a principal with its clients.
type caller struct {
	config        aws.Config
	synthetics    *awssynthetics.Client
	kms           *awskms.Client
	s3            *awss3.Client
	iam           *awsiam.Client
	sts           *awssts.Client
	organizations *awsorganizations.Client
	account       *awsaccount.Client
}

func newTrial(t *testing.T, e *environment, f fact) *trial {
	t.Helper()
	x := &trial{T: t, environment: e, fact: f, ctx: context.WithoutCancel(t.Context())}
	x.caller = x.profiled("")
	return x
}

// profiled is the caller of a profile in the shared configuration.
func (x *trial) profiled(profile string) *caller {
	x.Helper()
	c, err := x.configure(x.ctx, profile)
	x.must(err)
	return x.calling(c)
}

func (x *trial) calling(c aws.Config) *caller {
	if !x.fact.mutates || !x.mutate {
		c.APIOptions = append(slices.Clone(c.APIOptions), guard)
	}
	return &caller{
		config:     c,
		synthetics: awssynthetics.NewFromConfig(c), kms: awskms.NewFromConfig(c), iam: awsiam.NewFromConfig(c),
		sts: awssts.NewFromConfig(c), organizations: awsorganizations.NewFromConfig(c),
		account: awsaccount.NewFromConfig(c),
		s3:      awss3.NewFromConfig(c, func(o *awss3.Options) { o.UsePathStyle = x.endpoint != "" }),
	}
}

// as is a session of the role that the subject names, assumed by a caller.
func (x *trial) as(s subject, by *caller) *caller {
	c := by.config.Copy()
	c.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(by.sts, x.id(s)))
	return x.calling(c)
}

// id is a subject's name, ARN or profile. A fact has to say which subjects it needs, so that it is skipped without them.
func (x *trial) id(s subject) string {
	x.Helper()
	if !slices.Contains(x.fact.needs, s) {
		x.Errorf("the fact doesn't say that it needs %s", s)
	}
	return x.subjects[s]
}

// named is a subject's id, as requests take it.
func (x *trial) named(s subject) *string {
	x.Helper()
	return aws.String(x.id(s))
}

// nameOf is the name at the end of a role's ARN.
func nameOf(arn string) *string { return aws.String(arn[strings.LastIndex(arn, "/")+1:]) }

func (x *trial) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// refused fails the trial unless the error is AWS's with one of the codes.
func (x *trial) refused(err error, codes ...string) {
	x.Helper()
	if !slices.Contains(codes, code(err)) {
		x.Errorf("error code %q, want %s: %v", code(err), strings.Join(codes, " or "), err)
	}
}

// code is the error's code; empty for none, and for an error that isn't AWS's.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// httpStatus is that of the answer, 0 for none.
func httpStatus(err error) int {
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return answer.HTTPStatusCode()
	}
	return 0
}

func (x *trial) status(err error, want int) {
	x.Helper()
	if got := httpStatus(err); got != want {
		x.Errorf("HTTP status %d %s, want %d: %v", got, http.StatusText(got), want, err)
	}
}

// eventually waits until the condition holds, and ends the trial when that takes longer than AWS says.
func (x *trial) eventually(within time.Duration, what string, holds func() bool) {
	x.Helper()
	for deadline := x.clock.Now().Add(within); !holds(); {
		if x.clock.Now().After(deadline) {
			x.Fatalf("not within %s: %s", within, what)
		}
		x.clock.Wait(x.ctx, x.interval())
	}
}

// interval is how often a condition is looked at: AWS is asked no more often than a console would.
func (x *trial) interval() time.Duration {
	if x.endpoint == "" {
		return 5 * time.Second
	}
	return time.Second
}

// propagation is what AWS says of grants; it gives no figure for IAM, for which the same serves.
const propagation = 5 * time.Minute

// effective is how long a grant or a policy takes until its absence of effect means something.
func (x *trial) effective() time.Duration {
	if x.sim != nil {
		return time.Minute // the simulated propagation is shorter
	}
	return propagation
}
