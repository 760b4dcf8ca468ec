package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"

	"rekey/internal/board"
	"rekey/internal/client"
	"rekey/internal/demo"
)

func TestExitCode(t *testing.T) {
	call := func(code codes.Code) error { return &callError{client.Failure{Code: code}} }
	cases := map[string]struct {
		reason      string
		err         error
		interrupted bool
		want        int
	}{
		"Done":         {reason: "nothing went wrong"},
		"Unwell":       {reason: "the migration ended badly", err: &unwellError{}, want: 1},
		"Unexpected":   {reason: "so did the demo", err: fmt.Errorf("demo: %w", demo.ErrUnexpected), want: 1},
		"Usage":        {reason: "what is no call is wrong usage, or another error", err: errors.New("no such flag"), want: 2},
		"Invalid":      {reason: "so is what the server does not take", err: call(codes.InvalidArgument), want: 2},
		"Internal":     {reason: "and what nobody foresaw", err: call(codes.Internal), want: 2},
		"NotFound":     {reason: "there is no such thing", err: call(codes.NotFound), want: 3},
		"Denied":       {reason: "it is not allowed", err: call(codes.PermissionDenied), want: 4},
		"Nobody":       {reason: "nor is it to nobody", err: call(codes.Unauthenticated), want: 4},
		"State":        {reason: "not in this state", err: call(codes.FailedPrecondition), want: 5},
		"Reused":       {reason: "there is such a thing already", err: call(codes.AlreadyExists), want: 5},
		"Unavailable":  {reason: "the server is away", err: call(codes.Unavailable), want: 6},
		"Late":         {reason: "or does not answer", err: call(codes.DeadlineExceeded), want: 6},
		"Often":        {reason: "or is asked too often", err: call(codes.ResourceExhausted), want: 6},
		"Interrupted":  {reason: "Ctrl-C", err: fmt.Errorf("call: %w", context.Canceled), interrupted: true, want: 130},
		"Board":        {reason: "Ctrl-C on the board", err: board.ErrInterrupted, want: 130},
		"Cancellation": {reason: "that nobody asked for is an error", err: context.Canceled, want: 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(tc.err, tc.interrupted); got != tc.want {
				t.Errorf("%s: exits %d, want %d", tc.reason, got, tc.want)
			}
		})
	}
}
