package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"rekey/workflows"
)

// answered is an error as the SDK returns it for an answer of AWS.
func answered(service, operation string, status int, code, message string) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
			Err:      &smithy.GenericAPIError{Code: code, Message: message},
		},
	}}
}

// entering is an error as the SDK returns it when the credentials of a call could not be had.
func entering(err error) error {
	return &smithy.OperationError{ServiceID: "synthetics", OperationName: "GetCanary", Err: fmt.Errorf(
		"get identity: get credentials: failed to refresh cached credentials, %w", err)}
}

func TestClassify(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	refusedConnection := &url.Error{Op: "Post", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	for name, test := range map[string]struct {
		why       string
		operation string
		err       error
		reason    workflows.Reason
		retry     bool
		code      string
	}{
		"throttled": {
			"which code Synthetics throttles with is not known, so all that the SDK knows count",
			"synthetics:GetCanary", answered("synthetics", "GetCanary", 429, "TooManyRequestsException", ""),
			workflows.AWSRefused, true, "TooManyRequestsException",
		},
		"throttled with an unknown code": {
			"the status says it", "synthetics:GetCanary", answered("synthetics", "GetCanary", 429, "Busy", ""),
			workflows.AWSRefused, true, "Busy",
		},
		"quota": {
			"the SDK takes it for throttling, KMS means a quota", "kms:CreateGrant",
			answered("KMS", "CreateGrant", 400, "LimitExceededException", "too many grants"),
			workflows.AWSRefused, false, "LimitExceededException",
		},
		"AWS's fault": {
			"", "s3:ListBucket", answered("S3", "ListObjectsV2", 503, "ServiceUnavailable", ""),
			workflows.AWSRefused, true, "ServiceUnavailable",
		},
		"session ended": {
			"the next attempt has a new one", "s3:ListBucket", answered("S3", "ListObjectsV2", 400, "ExpiredToken", ""),
			workflows.AWSRefused, true, "ExpiredToken",
		},
		"conflict": {
			"another operation is in progress", "synthetics:UpdateCanary",
			answered("synthetics", "UpdateCanary", 409, "ConflictException", "in progress"),
			workflows.AWSRefused, true, "ConflictException",
		},
		"denied": {
			"", "synthetics:UpdateCanary", answered("synthetics", "UpdateCanary", 403, "AccessDeniedException", "iam:PassRole"),
			workflows.AccessDenied, false, "AccessDeniedException",
		},
		"denied without a body": {
			"HEAD has none", "s3:GetObject", answered("S3", "HeadObject", 403, "Forbidden", "Forbidden"),
			workflows.AccessDenied, false, "Forbidden",
		},
		"canary gone": {
			"GetCanary has no type for it", "synthetics:GetCanary",
			answered("synthetics", "GetCanary", 404, "ResourceNotFoundException", ""),
			workflows.CanaryGone, false, "ResourceNotFoundException",
		},
		"key gone": {
			"", "kms:CreateGrant", answered("KMS", "CreateGrant", 400, "NotFoundException", ""),
			workflows.KeyNotUsable, false, "NotFoundException",
		},
		"key disabled": {
			"", "kms:CreateGrant", answered("KMS", "CreateGrant", 400, "DisabledException", ""),
			workflows.KeyNotUsable, false, "DisabledException",
		},
		"bucket gone": {
			"", "s3:ListBucket", answered("S3", "ListObjectsV2", 404, "NoSuchBucket", ""),
			workflows.AWSRefused, false, "NoSuchBucket",
		},
		"invalid": {
			"", "synthetics:UpdateCanary", answered("synthetics", "UpdateCanary", 400, "ValidationException", "bad"),
			workflows.AWSRefused, false, "ValidationException",
		},
		"Region not enabled": {
			"", "synthetics:DescribeCanaries", answered("synthetics", "DescribeCanaries", 403, "UnrecognizedClientException", ""),
			workflows.CellNotReachable, false, "UnrecognizedClientException",
		},
		"role not assumable": {
			"the denial is AssumeRole's, not the call's", "synthetics:GetCanary",
			entering(answered("STS", "AssumeRole", 403, "AccessDenied", "not authorized to perform: sts:AssumeRole")),
			workflows.CellNotReachable, false, "AccessDenied",
		},
		"assuming throttled": {
			"", "synthetics:GetCanary", entering(answered("STS", "AssumeRole", 400, "Throttling", "")),
			workflows.AWSRefused, true, "Throttling",
		},
		"no credentials": {
			"", "synthetics:GetCanary",
			entering(&smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: errors.New("no EC2 IMDS role found")}),
			workflows.CellNotReachable, false, "none",
		},
		"no connection": {
			"", "synthetics:GetCanary", &smithy.OperationError{ServiceID: "synthetics", OperationName: "GetCanary", Err: refusedConnection},
			workflows.CellNotReachable, true, "none",
		},
		"no connection to STS": {
			"", "synthetics:GetCanary",
			entering(&smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: refusedConnection}),
			workflows.CellNotReachable, true, "none",
		},
		"half an answer": {
			"", "synthetics:DescribeCanaries", &smithy.OperationError{ServiceID: "synthetics", Err: &smithy.DeserializationError{Err: errors.New("EOF")}},
			workflows.CellNotReachable, true, "none",
		},
		"time up": {"", "synthetics:GetCanary", context.DeadlineExceeded, workflows.CellNotReachable, true, "none"},
		"refused by the SDK": {
			"", "synthetics:GetCanary", &smithy.OperationError{ServiceID: "synthetics", Err: smithy.InvalidParamsError{Context: "GetCanaryInput"}},
			workflows.Internal, false, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			call := Call{Operation: test.operation, Resource: key, Cell: workflows.Cell{Account: "111122223333", Region: "eu-west-1"}}
			p, retry := Classify(call, test.err)
			if p.Reason != test.reason || retry != test.retry || p.Metadata["aws_code"] != test.code {
				t.Errorf("%s: got %s (%s), retry %v; want %s (%s), retry %v",
					test.why, p.Reason, p.Metadata["aws_code"], retry, test.reason, test.code, test.retry)
			}
			if p.Message == "" || p.NextStep == "" {
				t.Errorf("the problem does not say what it is and what to do: %+v", p)
			}
		})
	}
}

func TestProblemsQuoteNoRequests(t *testing.T) {
	// AWS's texts about signatures and tokens quote what was signed.
	const secret = "FwoGZXIvYXdzEBYaDFakeSessionToken"
	for _, code := range []string{
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "InvalidClientTokenId",
		"ExpiredTokenException", "UnrecognizedClientException", "SomethingNew",
	} {
		text := "The Canonical String should have been x-amz-security-token:" + secret
		for _, err := range []error{
			answered("synthetics", "GetCanary", 403, code, text),
			entering(answered("STS", "AssumeRole", 403, code, text)),
		} {
			p, _ := Classify(Call{Operation: "synthetics:GetCanary"}, err)
			if strings.Contains(fmt.Sprint(*p), secret) {
				t.Errorf("%s: the problem quotes the token: %v", code, *p)
			}
		}
	}
}

func TestDeniedSessionIsNotADeniedCall(t *testing.T) {
	denied := entering(answered("STS", "AssumeRole", 403, "AccessDenied", ""))
	if IsDenied(denied) {
		t.Error("a survey would take an account that can't be entered for a key that may not be seen")
	}
	if !IsDenied(answered("KMS", "ListGrants", 400, "AccessDeniedException", "")) {
		t.Error("a denied call is not seen as one")
	}
}

func TestIsUnrecognized(t *testing.T) {
	if !IsUnrecognized(answered("synthetics", "DescribeCanaries", 403, "UnrecognizedClientException", "")) {
		t.Error("a Region that does not know the account is not seen as one")
	}
	for why, err := range map[string]error{
		"the worker's own credentials are refused": entering(answered("STS", "AssumeRole", 403, "InvalidClientTokenId", "")),
		"the call is denied":                       answered("synthetics", "DescribeCanaries", 403, "AccessDeniedException", ""),
		"nobody answered":                          context.DeadlineExceeded,
	} {
		if IsUnrecognized(err) {
			t.Errorf("%s, and the Region is asked about", why)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	p, _ := Classify(Call{Operation: "synthetics:UpdateCanary"},
		answered("synthetics", "UpdateCanary", 400, "ValidationException", strings.Repeat("x", 10*maxText)))
	if len(p.Message) > 2*maxText {
		t.Errorf("a problem of %d bytes would be kept in histories", len(p.Message))
	}
}
