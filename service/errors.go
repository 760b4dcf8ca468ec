package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// errorDomain is the domain of every ErrorInfo.
const errorDomain = "rekey.v1"

// retryDelay is what a caller is told to wait at least whom a service turned away for now.
const retryDelay = time.Second

// codeOf is the status code of each reason with which a call can fail. What can only be in a canary's way is a
// precondition.
func codeOf(reason rekeyv1.ErrorReason) codes.Code {
	switch reason {
	case rekeyv1.ErrorReason_ERROR_REASON_INVALID_FIELD,
		rekeyv1.ErrorReason_ERROR_REASON_INVALID_PAGE_TOKEN,
		rekeyv1.ErrorReason_ERROR_REASON_INVALID_CURSOR:
		return codes.InvalidArgument
	case rekeyv1.ErrorReason_ERROR_REASON_MIGRATION_NOT_FOUND,
		rekeyv1.ErrorReason_ERROR_REASON_CANARY_NOT_FOUND,
		rekeyv1.ErrorReason_ERROR_REASON_PART_NOT_FOUND:
		return codes.NotFound
	case rekeyv1.ErrorReason_ERROR_REASON_CALLER_ROLE_MISSING:
		return codes.PermissionDenied
	case rekeyv1.ErrorReason_ERROR_REASON_RATE_LIMITED,
		rekeyv1.ErrorReason_ERROR_REASON_SERVER_OVERLOADED:
		return codes.ResourceExhausted
	case rekeyv1.ErrorReason_ERROR_REASON_CALLER_NOT_IDENTIFIED:
		return codes.Unauthenticated
	case rekeyv1.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED:
		return codes.AlreadyExists
	case rekeyv1.ErrorReason_ERROR_REASON_TEMPORAL_UNAVAILABLE,
		rekeyv1.ErrorReason_ERROR_REASON_WORKER_UNAVAILABLE,
		rekeyv1.ErrorReason_ERROR_REASON_SERVER_STOPPING:
		return codes.Unavailable
	case rekeyv1.ErrorReason_ERROR_REASON_UNSPECIFIED,
		rekeyv1.ErrorReason_ERROR_REASON_INTERNAL:
		return codes.Internal
	default:
		return codes.FailedPrecondition
	}
}

// refusal is an error that tells the caller what is in the way, and what to do next.
type refusal struct {
	reason   rekeyv1.ErrorReason
	message  string
	nextStep string
	metadata map[string]string
	fields   []*errdetails.BadRequest_FieldViolation
	// retryAfter is when to call again; 0 means after retryDelay.
	retryAfter time.Duration
}

// Error is the status message: what is in the way, then what to do next.
func (r *refusal) Error() string { return strings.TrimSpace(r.message + " " + r.nextStep) }

// GRPCStatus is the refusal on the wire.
func (r *refusal) GRPCStatus() *status.Status {
	code := codeOf(r.reason)
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(&errdetails.ErrorInfo{
		Reason: fromEnum[string](r.reason, reasonPrefix), Domain: errorDomain, Metadata: r.metadata,
	})}
	if len(r.fields) > 0 {
		details = append(details, protoadapt.MessageV1Of(&errdetails.BadRequest{FieldViolations: r.fields}))
	}
	if code == codes.Unavailable || code == codes.ResourceExhausted {
		after := cmp.Or(r.retryAfter, retryDelay)
		details = append(details, protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(after)}))
	}
	st := status.New(code, r.Error())
	if detailed, err := st.WithDetails(details...); err == nil {
		return detailed
	}
	return st
}

// explain turns what a call about a migration ended with into a refusal. What nobody foresaw stays as it is, and
// becomes an internal error at the boundary.
func explain(migration string, err error) error {
	var problem *workflows.Problem
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound):
		return &refusal{
			reason:   rekeyv1.ErrorReason_ERROR_REASON_MIGRATION_NOT_FOUND,
			message:  fmt.Sprintf("There is no migration %s, or its history has expired.", migration),
			nextStep: "List the migrations to find its id.",
			metadata: about(migration),
		}
	case errors.Is(err, ErrNoWorker):
		return &refusal{
			reason:   rekeyv1.ErrorReason_ERROR_REASON_WORKER_UNAVAILABLE,
			message:  fmt.Sprintf("No worker answered for migration %s in time.", migration),
			nextStep: "See that rekey-worker runs, then repeat the call; that is safe, and migrations go on by themselves.",
			metadata: about(migration),
		}
	case errors.Is(err, ErrTemporalOverloaded):
		return &refusal{
			reason:   rekeyv1.ErrorReason_ERROR_REASON_SERVER_OVERLOADED,
			message:  "Temporal has as much to do as it takes.",
			nextStep: "Wait as long as the RetryInfo says, then repeat the call; that is safe, and nothing was lost.",
			metadata: ofTemporal(migration),
		}
	case errors.Is(err, ErrUnavailable):
		return &refusal{
			reason:   rekeyv1.ErrorReason_ERROR_REASON_TEMPORAL_UNAVAILABLE,
			message:  "Temporal can't be reached.",
			nextStep: "Repeat the call; that is safe, and nothing was lost.",
			metadata: about(migration),
		}
	case errors.As(err, &problem) && problem.Reason != workflows.Internal:
		return &refusal{
			reason:   toReason(problem.Reason),
			message:  problem.Message,
			nextStep: problem.NextStep,
			metadata: maps.Clone(problem.Metadata),
		}
	}
	return err
}

// about is the metadata of an error about a migration; of an error about none there is none.
func about(migration string) map[string]string {
	if migration == "" {
		return nil
	}
	return map[string]string{"migration_id": migration}
}

// ofTemporal is the metadata of an error for which Temporal is overloaded.
func ofTemporal(migration string) map[string]string {
	metadata := map[string]string{"of": "temporal"}
	maps.Copy(metadata, about(migration))
	return metadata
}

// ended reports whether a call ended because its caller did not wait for it.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
