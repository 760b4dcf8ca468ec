package aws

import (
	"errors"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// Bounds of the SDK's own retries. They only bridge a stumble: what takes longer is retried by the server of
// workflows, which does not occupy a worker meanwhile.
const (
	maxAttempts = 3
	maxBackoff  = 5 * time.Second
)

// PatientAttempts is for calls of which an activity makes hundreds and begins anew with all of them when one fails: to wait costs
// less.
const PatientAttempts = 10

// newRetryer is the SDK's standard retryer. Its adaptive one is not used: it keeps one rate for all operations of a client,
// knows no burst, and falls by 30 % when a call is throttled. Each attempt takes a turn of the operation's limiter instead.
//
// LimitExceededException is taken out of what it retries: the SDK counts it as throttling, but KMS means by it that a
// quota is used up, such as that of a key's grants. A session that ended is added.
func newRetryer() awssdk.Retryer { return retryer(maxAttempts) }

func retryer(attempts int) awssdk.Retryer {
	return retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		s.MaxBackoff = maxBackoff
		s.Throttles = append([]retry.IsErrorThrottle{retry.IsErrorThrottleFunc(notQuota)}, s.Throttles...)
		s.Retryables = append([]retry.IsErrorRetryable{
			retry.IsErrorRetryableFunc(notQuota),
			retry.RetryableErrorCode{Codes: codeSet(expiredCodes)},
		}, s.Retryables...)
	})
}

// notQuota answers no for a quota that is used up, and leaves everything else to those that are asked after it.
func notQuota(err error) awssdk.Ternary {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == quotaCode {
		return awssdk.FalseTernary
	}
	return awssdk.UnknownTernary
}

func codeSet(codes map[string]bool) map[string]struct{} {
	set := make(map[string]struct{}, len(codes))
	for code := range codes {
		set[code] = struct{}{}
	}
	return set
}
