package aws

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// kind is what a code of AWS means to rekey.
type kind int

const (
	other    kind = iota
	passing       // throttling, or AWS's own fault
	ended         // the session has ended
	busy          // another operation is in progress
	outside       // the credentials are not accepted where they are used
	denied        // the call is not permitted
	missing       // what the call concerns does not exist
	unusable      // the KMS key is in no state for it
)

// quotaCode says that a quota is used up.
const quotaCode = "LimitExceededException"

// expiredCodes say that a session has ended (AWS STS API, common errors; S3 API, error responses).
var expiredCodes = map[string]bool{
	"ExpiredToken":          true,
	"ExpiredTokenException": true,
	"TokenRefreshRequired":  true,
}

// kinds are the codes whose meaning does not depend on the service. Synthetics' are those of its model; KMS's of
// its errors; those of the front of every service from AWS's common errors. Forbidden and NotFound are what the
// SDK makes of S3's answers to HEAD, which have no body.
var kinds = map[string]kind{
	"ConflictException": busy,

	// The worker's clock is off; the SDK learns by how much from the answer.
	"RequestTimeTooSkewed": passing,
	"RequestExpired":       passing,

	"RegionDisabledException":     outside,
	"InvalidClientTokenId":        outside,
	"UnrecognizedClientException": outside,
	"OptInRequired":               outside,

	"AccessDenied":          denied,
	"AccessDeniedException": denied,
	"Forbidden":             denied,
	"NotAuthorized":         denied,

	"ResourceNotFoundException": missing,
	"NotFoundException":         missing,
	"NotFound":                  missing,
	"NoSuchEntity":              missing, // IAM: a role or its policy
	"NoSuchBucket":              missing,
	"NoSuchBucketPolicy":        missing, // a bucket without one
	"NoSuchKey":                 missing,

	"DisabledException":        unusable,
	"KMSInvalidStateException": unusable,
	"InvalidKeyUsageException": unusable,
}

// Code is AWS's code of an error, empty where AWS did not answer with one.
func Code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	return api.ErrorCode()
}

// kindOf is the kind of an error that AWS answered.
func kindOf(err error) kind {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return other
	}
	code := api.ErrorCode()
	if k, ok := kinds[code]; ok {
		return k
	}
	if expiredCodes[code] {
		return ended
	}
	if _, throttled := retry.DefaultThrottleErrorCodes[code]; throttled && code != quotaCode {
		return passing
	}
	if _, again := retry.DefaultRetryableErrorCodes[code]; again || api.ErrorFault() == smithy.FaultServer {
		return passing
	}
	if status := statusOf(err); status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return passing
	}
	return other
}

// statusOf is the HTTP status of an error's answer, 0 where there is none.
func statusOf(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if !errors.As(err, &answer) {
		return 0
	}
	return answer.HTTPStatusCode()
}
