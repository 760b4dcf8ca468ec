// Package identity says who calls: the holder of the client certificate that was verified, or, where none is asked for, who
// the caller says it is.
package identity

import (
	"context"

	"rekey/workflows"
)

type key struct{}

// With is a context in which the caller is known.
func With(ctx context.Context, caller workflows.Caller) context.Context {
	return context.WithValue(ctx, key{}, caller)
}

// From is the caller of a call; one without a name where nothing is known.
func From(ctx context.Context) workflows.Caller {
	caller, _ := ctx.Value(key{}).(workflows.Caller)
	return caller
}
