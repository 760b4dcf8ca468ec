// Package failure is how activities end when they do not succeed, and how workflows read that: one failure type
// for each reason of the contract, with the problem in its details.
package failure

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"rekey/workflows"
)

// Refuse ends an activity for good: trying again would not help.
func Refuse(p *workflows.Problem) error {
	return temporal.NewApplicationErrorWithOptions(p.Message, string(p.Reason), temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Details:      []any{*p}, // by value: one that never crosses a wire is read as it is
	})
}

// Pause ends an activity that a pause holds: its workflow asks for it again when it is resumed. It is benign, as Wait is.
func Pause(p *workflows.Problem) error {
	return temporal.NewApplicationErrorWithOptions(p.Message, string(p.Reason), temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Category:     temporal.ApplicationErrorCategoryBenign,
		Details:      []any{*p},
	})
}

// Retry ends an attempt that another may mend. After is the least time until then, in real time; zero leaves it
// to the problem, where that was put off, and else to the retry policy.
func Retry(p *workflows.Problem, after time.Duration) error {
	if after == 0 {
		after, _ = time.ParseDuration(p.Metadata[RetryAfter])
	}
	return temporal.NewApplicationErrorWithOptions(p.Message, string(p.Reason), temporal.ApplicationErrorOptions{
		NextRetryDelay: after,
		Details:        []any{*p},
	})
}

// RetryAfter is the metadata of a problem that says after what real time its attempt is to be made again, as
// time.Duration writes it.
const RetryAfter = "retry_after"

// PutOff is Retry with the time in the problem's metadata, so that Retry keeps it where the problem is passed on.
func PutOff(p *workflows.Problem, after time.Duration) error {
	p.Metadata[RetryAfter] = after.String()
	return Retry(p, after)
}

// IsPutOff reports whether a problem is that of an attempt that waited for nothing but its turn, and tells nothing of AWS.
func IsPutOff(p *workflows.Problem) bool { return p.Metadata[RetryAfter] != "" }

// Wait ends an attempt of an activity that waits for something: the server tries again after the given real
// time. It is benign: neither logged as an error nor counted as a failure.
func Wait(message string, after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(message, workflows.NotYet, temporal.ApplicationErrorOptions{
		NextRetryDelay: after,
		Category:       temporal.ApplicationErrorCategoryBenign,
	})
}

// IsWait reports whether a wait was given up: the activity ended with NotYet, or its time was up.
func IsWait(err error) bool {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Type() == workflows.NotYet
	}
	_, timeout := errors.AsType[*temporal.TimeoutError](err)
	return timeout
}

// IsRefusal reports whether an activity was ended for good: another would end in the same way. One that a pause ended is
// to be asked for again.
func IsRefusal(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.NonRetryable() && app.Type() != workflows.NotYet && app.Type() != string(workflows.Paused)
}

// IsPause reports whether an activity was ended because something of a migration is paused.
func IsPause(err error) bool { return Is(err, workflows.Paused) }

// Own is the problem of a failure that a step of rekey's own put into a call of AWS, and whether another attempt may mend
// it; nil where err is AWS's or the SDK's.
func Own(err error) (p *workflows.Problem, retry bool) {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok {
		return nil, false
	}
	return Problem(app), !app.NonRetryable()
}

// Problem is what was in the way of a failed activity; err is not nil. It never returns nil: a failure that carries no problem
// becomes an internal one with the failure's message.
func Problem(err error) *workflows.Problem {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok && app.HasDetails() {
		var p workflows.Problem
		if app.Details(&p) == nil && p.Reason != "" {
			return &p
		}
	}
	return &workflows.Problem{
		Reason:   workflows.Internal,
		Message:  err.Error(),
		NextStep: "Look at the workflow's history and the worker's log.",
	}
}

// Is reports whether err is a failure with that reason.
func Is(err error, reason workflows.Reason) bool {
	return err != nil && Problem(err).Reason == reason
}
