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

// retryDelay is what a caller of an unavailable service is told to wait at least.
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
		rekeyv1.ErrorReason_ERROR_REASON_CANARY_NOT_FOUND:
		return codes.NotFound
	case rekeyv1.ErrorReason_ERROR_REASON_CALLER_ROLE_MISSING:
		return codes.PermissionDenied
	case rekeyv1.ErrorReason_ERROR_REASON_RATE_LIMITED:
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

// requestIDReused refuses a request id that stands for another request.
func requestIDReused(migration, request string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED,
		message:  fmt.Sprintf("The request id %s was used with another request, for migration %s.", request, migration),
		nextStep: "Use a new request id, or repeat the request unchanged.",
		metadata: map[string]string{"migration_id": migration, "request_id": request},
	}
}

// wrongState refuses what a migration's state does not allow.
func wrongState(view workflows.MigrationView, verb string) error {
	state := string(view.State)
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_WRONG_STATE,
		message:  fmt.Sprintf("Migration %s is %s and has ended; it can't be %s.", view.ID, state, verb),
		nextStep: "Get the migration to see what became of it, and create another one if need be.",
		metadata: map[string]string{"migration_id": view.ID, "state": state},
	}
}

// canaryNotFound says that a migration's plan has no such canary.
func canaryNotFound(migration string, cell workflows.Cell, name string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_CANARY_NOT_FOUND,
		message:  fmt.Sprintf("Migration %s has no canary %s in account %s, Region %s.", migration, name, cell.Account, cell.Region),
		nextStep: "List the migration's canaries to find it; while the migration is planning, it may be yet to come.",
		metadata: map[string]string{
			"migration_id": migration, "account_id": cell.Account, "region": cell.Region, "canary_name": name,
		},
	}
}

// invalidPageToken refuses a page token that the same listing did not return.
func invalidPageToken() error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INVALID_PAGE_TOKEN,
		message:  "page_token: not one that the same listing, with the same filter, returned.",
		nextStep: "List again from the start, without a page token.",
		metadata: map[string]string{"field": "page_token"},
		fields:   []*errdetails.BadRequest_FieldViolation{{Field: "page_token", Description: "not one that the same listing returned"}},
	}
}

// invalidCursor refuses a cursor that no watch of the migration sent.
func invalidCursor(migration string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INVALID_CURSOR,
		message:  fmt.Sprintf("cursor: not one that a watch of migration %s sent.", migration),
		nextStep: "Watch again without a cursor.",
		metadata: map[string]string{"field": "cursor", "migration_id": migration},
		fields:   []*errdetails.BadRequest_FieldViolation{{Field: "cursor", Description: "not one that a watch of this migration sent"}},
	}
}

// maxViolations bounds what an error lists: it travels in a trailer, of which some clients take 8 KB only.
const maxViolations = 32

// violation is a field that breaks a constraint.
type violation struct {
	field, constraint, description string
}

// invalidFields refuses a request that breaks constraints. The ErrorInfo names the first, the message a few.
func invalidFields(violations []violation) error {
	const named = 3
	var text []string
	var fields []*errdetails.BadRequest_FieldViolation
	for _, v := range violations[:min(maxViolations, len(violations))] {
		text = append(text, v.field+": "+v.description)
		fields = append(fields, &errdetails.BadRequest_FieldViolation{
			Field: v.field, Description: v.description, Reason: strings.ToUpper(strings.ReplaceAll(v.constraint, ".", "_")),
		})
	}
	message := strings.Join(text[:min(named, len(text))], "; ") + "."
	if more := len(violations) - named; more > 0 {
		message = fmt.Sprintf("%s And %d more.", message, more)
	}
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INVALID_FIELD,
		message:  message,
		nextStep: "Correct the request; grpcurl describe tells what each field takes.",
		metadata: map[string]string{"field": violations[0].field, "constraint": violations[0].constraint},
		fields:   fields,
	}
}

// internal is what a caller is told of an error that nobody foresaw: where to find it.
func internal(incident string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INTERNAL,
		message:  fmt.Sprintf("Something went wrong that rekey did not foresee (incident %s).", incident),
		nextStep: "The server's log has the cause under that incident; repeating the call is safe.",
		metadata: map[string]string{"incident": incident},
	}
}

// stopping ends a stream because the server stops.
func stopping() error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_SERVER_STOPPING,
		message:  "This server is stopping.",
		nextStep: "Watch again with the last cursor; nothing is lost.",
	}
}

// ended reports whether a call ended because its caller did not wait for it.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
