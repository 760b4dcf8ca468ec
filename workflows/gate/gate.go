// Package gate asks, before a call that changes something, whether those on whose behalf it is made are paused.
package gate

import (
	"context"

	"rekey/workflows"
)

// Gate says whether changes may begin just now.
type Gate interface {
	// Ask is nil where nothing of the subjects is paused; a call must begin at once then. It is a failure that ends the
	// activity with PAUSED where something is, and one that is tried again where that could not be found out.
	Ask(ctx context.Context, subjects []workflows.Subject) error
}

type key struct{}

// behalf is on whose behalf changes are made, and the gate to ask.
type behalf struct {
	gate     Gate
	subjects []workflows.Subject
}

// With lets changes under the context ask a gate on behalf of subjects.
func With(ctx context.Context, g Gate, subjects []workflows.Subject) context.Context {
	return context.WithValue(ctx, key{}, behalf{g, subjects})
}

// OnBehalf narrows a context to some of its subjects. One without a gate stays so.
func OnBehalf(ctx context.Context, subjects []workflows.Subject) context.Context {
	b, ok := ctx.Value(key{}).(behalf)
	if !ok {
		return ctx
	}
	return With(ctx, b.gate, subjects)
}

// Ask asks the context's gate on behalf of its subjects. A context without a gate holds nothing.
func Ask(ctx context.Context) error {
	b, ok := ctx.Value(key{}).(behalf)
	if !ok {
		return nil
	}
	return b.gate.Ask(ctx, b.subjects)
}
