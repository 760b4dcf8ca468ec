package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"

	"rekey/workflows"
)

// waitedFor is who a call on Temporal waits for.
type waitedFor bool

const (
	nobody waitedFor = false // Temporal answers by itself
	worker waitedFor = true
)

// reachable is how long Temporal may take to show that it is there, after a call was not answered in time.
const reachable = time.Second

// classify names what a call on Temporal ended with in the words of Workflows.
func (t *Temporal) classify(ctx context.Context, err error, doing string, who waitedFor) error {
	if err == nil {
		return nil
	}
	if problem := refused(err); problem != nil {
		return problem
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return fmt.Errorf("%s: %w", doing, ErrAlreadyStarted)
	}
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	}
	switch codeOfService(err) {
	case codes.FailedPrecondition: // no worker polls, or none has taken the workflow's first task yet
		if who == worker {
			return fmt.Errorf("%s: %w: %w", doing, ErrNoWorker, err)
		}
	case codes.ResourceExhausted:
		return fmt.Errorf("%s: %w: %w", doing, ErrTemporalOverloaded, err)
	case codes.Unavailable, codes.Aborted:
		return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
	case codes.DeadlineExceeded, codes.Canceled:
		return fmt.Errorf("%s: %w: %w", doing, t.late(ctx, who), err)
	default:
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// late says who did not answer in time: the worker that was waited for, if Temporal itself is there.
func (t *Temporal) late(ctx context.Context, who waitedFor) error {
	if who == nobody {
		return ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reachable)
	defer cancel()
	if t.Check(ctx) != nil {
		return ErrUnavailable
	}
	return ErrNoWorker
}

// refused is the problem with which a workflow rejected an update, nil for any other error.
func refused(err error) *workflows.Problem {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || app.Type() == "" {
		return nil
	}
	problem := &workflows.Problem{}
	if app.HasDetails() && app.Details(problem) == nil && problem.Reason != "" {
		return problem
	}
	if toReason(workflows.Reason(app.Type())) == 0 {
		return nil
	}
	return &workflows.Problem{Reason: workflows.Reason(app.Type()), Message: app.Message()}
}

// codeOfService is the status code of a service's error, OK of none.
func codeOfService(err error) codes.Code {
	if late, ok := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err); ok && late != nil {
		return codes.DeadlineExceeded
	}
	return serviceerror.ToStatus(err).Code()
}

func isInvalid(err error) bool {
	_, ok := errors.AsType[*serviceerror.InvalidArgument](err)
	return ok
}

func isAlreadyThere(err error) bool { return serviceerror.ToStatus(err).Code() == codes.AlreadyExists }
