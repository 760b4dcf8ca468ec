package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/smithy-go"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// Call names one call of AWS, for its errors.
type Call struct {
	// Operation is called as IAM calls the action, for example "synthetics:UpdateCanary".
	Operation string
	// Resource is what it concerns: a canary's name, a key's ARN, a bucket.
	Resource string
	// Cell is from where it was called: the account of the credentials, and the Region.
	Cell workflows.Cell
}

// Classify says what an error of a call means, and whether the same call may succeed later. Err must not be nil.
//
// AWS's codes are compared as text, never as the SDK's types: an operation returns a typed error only for codes
// that its model lists, and GetCanary's lists no missing canary.
//
//	throttling, 5xx, no answer, an ended session, a conflict   AWS_REFUSED or CELL_NOT_REACHABLE, retry
//	the session is denied, or the Region is not enabled        CELL_NOT_REACHABLE
//	the call is denied                                         ACCESS_DENIED
//	a canary is missing                                        CANARY_GONE
//	a key is missing or can't be used                          KEY_NOT_USABLE
//	everything else that AWS refuses                           AWS_REFUSED
//	what the SDK itself refuses                                INTERNAL
//	a shut gate, or one that does not answer                   as the gate has it (package gate)
func Classify(call Call, err error) (problem *workflows.Problem, retry bool) {
	if problem, retry := failure.Own(err); problem != nil {
		return problem, retry
	}
	if cause := assumingRole(err); cause != nil {
		return call.notEntered(cause)
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return call.unanswered(err)
	}
	switch kind := kindOf(err); kind {
	case passing, ended:
		return call.postponed(api), true
	case busy:
		return call.conflict(api), true
	case outside:
		return call.notReachable(api.ErrorCode(), "the Region may not be enabled in the account"), false
	case denied:
		return call.denied(api), false
	case missing:
		return call.missing(api), false
	case unusable:
		return call.keyNotUsable(api), false
	default:
		return call.refused(api), false
	}
}

// IsDenied reports whether AWS denied a call its permission.
func IsDenied(err error) bool { return assumingRole(err) == nil && kindOf(err) == denied }

// IsUnrecognized reports whether AWS did not recognize the credentials of a call, although they were issued: as a rule
// because their account has not enabled the Region.
func IsUnrecognized(err error) bool { return assumingRole(err) == nil && kindOf(err) == outside }

// IsMissing reports whether what a call concerns does not exist.
func IsMissing(err error) bool { return assumingRole(err) == nil && kindOf(err) == missing }

// assumingRole is the error of the AssumeRole call in which err originates, nil when it originates elsewhere.
func assumingRole(err error) error {
	var operation *smithy.OperationError
	for errors.As(err, &operation) {
		if operation.Service() == "STS" {
			return operation
		}
		err = operation.Err
	}
	return nil
}

// notEntered is the problem of a cell whose member role could not be assumed.
func (c Call) notEntered(err error) (*workflows.Problem, bool) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		if isTransport(err) {
			return c.unanswered(err)
		}
		return c.notReachable("none", "the worker has no credentials to assume its member role with"), false
	}
	if kind := kindOf(err); kind == passing || kind == ended {
		return Call{Operation: "sts:AssumeRole", Resource: c.Resource, Cell: c.Cell}.postponed(api), true
	}
	return c.notReachable(api.ErrorCode(), "the member role can't be assumed"), false
}

func (c Call) notReachable(code, why string) *workflows.Problem {
	return &workflows.Problem{
		Reason:  workflows.CellNotReachable,
		Message: fmt.Sprintf("Account %s can't be entered in %s: %s (%s).", c.Cell.Account, c.Cell.Region, why, code),
		NextStep: "Check that the member role exists in the account and trusts the worker with the external id, " +
			"and that the Region is enabled; then try again.",
		Metadata: map[string]string{"account_id": c.Cell.Account, "region": c.Cell.Region, "aws_code": code},
	}
}

// unanswered is the problem of a call that AWS did not answer, or that the SDK did not send.
func (c Call) unanswered(err error) (*workflows.Problem, bool) {
	if !isTransport(err) {
		return &workflows.Problem{
			Reason:   workflows.Internal,
			Message:  fmt.Sprintf("The SDK refused %s.", c.on()),
			NextStep: "This is a fault of rekey or of the worker's AWS configuration: look at the worker's log.",
			Metadata: c.metadata(""),
		}, false
	}
	p := c.notReachable("none", "AWS did not answer "+c.Operation)
	p.NextStep = "Check the worker's network and that the Region exists; the call is repeated meanwhile."
	return p, true
}

// isTransport reports whether an error came about on the way to AWS or back: no connection, a name that does not
// resolve, an answer that breaks off or can't be read, or the activity's time being up.
func isTransport(err error) bool {
	var network net.Error
	var unread *smithy.DeserializationError
	var connection interface{ ConnectionError() bool }
	var canceled interface{ CanceledError() bool }
	return errors.As(err, &network) || errors.As(err, &unread) ||
		errors.As(err, &connection) && connection.ConnectionError() ||
		errors.As(err, &canceled) && canceled.CanceledError() ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// on is the call in words.
func (c Call) on() string {
	if c.Resource == "" {
		return fmt.Sprintf("%s in %s/%s", c.Operation, c.Cell.Account, c.Cell.Region)
	}
	return fmt.Sprintf("%s on %s in %s/%s", c.Operation, c.Resource, c.Cell.Account, c.Cell.Region)
}

func (c Call) metadata(code string) map[string]string {
	m := map[string]string{
		"operation": c.Operation, "account_id": c.Cell.Account, "region": c.Cell.Region,
	}
	if c.Resource != "" {
		m["resource"] = c.Resource
	}
	if code != "" {
		m["aws_code"] = code
	}
	return m
}

func (c Call) service() string {
	service, _, _ := strings.Cut(c.Operation, ":")
	return service
}
