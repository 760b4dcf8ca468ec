package main

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"

	"rekey/internal/board"
	"rekey/internal/client"
	"rekey/internal/demo"
)

// What the program exits with, for scripts. They are documented in exitCodes.
const (
	exitUnwell      = 1
	exitError       = 2
	exitNotFound    = 3
	exitDenied      = 4
	exitWrongState  = 5
	exitUnavailable = 6
	exitInterrupted = 130 // as shells report a program that Ctrl-C ended
)

const exitCodes = `Exit codes: 0 done; 1 the migration ended failed or cancelled, or is not well (get --check); 2 wrong usage, or another
error; 3 not found; 4 not allowed; 5 not in this state; 6 the server or what it needs is away, or calls came too often;
130 interrupted.`

// callError is a call that failed.
type callError struct{ client.Failure }

// Error says what is in the way and what to do next.
func (e *callError) Error() string { return strings.ReplaceAll(e.String(), "\n", "\n       ") }

// unwellError is a migration that is not as somebody wanted it.
type unwellError struct{ what string }

// Error says what is not well.
func (e *unwellError) Error() string { return e.what }

// exitCode is what the program exits with after an error.
func exitCode(err error, interrupted bool) int {
	var unwell *unwellError
	var call *callError
	switch {
	case err == nil:
		return 0
	case interrupted && errors.Is(err, context.Canceled), errors.Is(err, board.ErrInterrupted):
		return exitInterrupted
	case errors.Is(err, demo.ErrUnexpected), errors.As(err, &unwell):
		return exitUnwell
	case !errors.As(err, &call):
		return exitError
	}
	switch call.Code {
	case codes.NotFound:
		return exitNotFound
	case codes.PermissionDenied, codes.Unauthenticated:
		return exitDenied
	case codes.FailedPrecondition, codes.AlreadyExists, codes.Aborted:
		return exitWrongState
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted:
		return exitUnavailable
	default:
		return exitError
	}
}
