package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"rekey/workflows"
	"rekey/workflows/aws/limiter"
	"rekey/workflows/failure"
)

// api is what has a limit of its own: an operation, called with an account's credentials, in a Region. AWS charges calls to
// the account of the credentials (KMS Developer Guide, request quotas; EC2 API, request throttling), and most of its
// documented limits are for an operation. Where several share one, their limiters each find a share of it, as
// those of several workers do.
type api struct {
	cell      workflows.Cell
	service   string
	operation string
}

// ToTheEnd is a context for what is not to be left half done. It has the deadline of the context that it is from, and is not
// cancelled with it: a request that is sent tells what became of it, and only waiting for its turn is given up.
func ToTheEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), deadline)
	}
	return context.WithoutCancel(ctx), func() {}
}

// takeTurn adds a step to a client's calls in which each attempt waits for its turn. It comes after the SDK has waited for a
// session, and before the request is signed, since a signature ages.
func (a *Access) takeTurn(cell workflows.Cell, service string) func(*middleware.Stack) error {
	step := middleware.FinalizeMiddlewareFunc("RekeyTakeTurn", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		name := api{cell, service, awsmiddleware.GetOperationName(ctx)}
		turn, err := a.limiter(name).Wait(ctx)
		if err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, name.putOff(err)
		}
		sent, done := ToTheEnd(ctx)
		defer done()
		out, metadata, err := next.HandleFinalize(sent, in)
		turn.Done(name.outcome(err))
		return out, metadata, err
	})
	return func(stack *middleware.Stack) error { return stack.Finalize.Insert(step, "Signing", middleware.Before) }
}

// Enter takes a place in the line of an operation before a caller looks at what leads to its call, which is the first one of the
// operation with the context that it answers. Leave is to be told when no call follows any more. The error is that of an
// attempt for which the line is too long.
func (a *Access) Enter(
	ctx context.Context, cell workflows.Cell, service, operation string,
) (with context.Context, leave func(), err error) {
	name := api{cell, service, operation}
	with, leave, err = a.limiter(name).Enter(ctx)
	if err != nil {
		return nil, nil, name.putOff(err)
	}
	return with, leave, nil
}

func (a *Access) limiter(name api) *limiter.Limiter {
	return a.limiters.get(name, func() *limiter.Limiter { return limiter.New(a.share) })
}

// Rates are how many calls a second an account bears of a service's operations, as far as is known: of those that were
// called lately.
func (a *Access) Rates(cell workflows.Cell, service string) map[string]float64 {
	rates := map[string]float64{}
	for _, name := range a.limiters.Keys() {
		if l, ok := a.limiters.Peek(name); ok && name.cell == cell && name.service == service {
			rates[name.operation] = l.Rate()
		}
	}
	return rates
}

// putOff is the failure of an attempt that the line is too long for; any other error is passed on.
func (n api) putOff(err error) error {
	busy := new(limiter.Busy)
	if !errors.As(err, &busy) {
		return err
	}
	call := Call{Operation: n.service + ":" + n.operation, Cell: n.cell}
	p := &workflows.Problem{
		Reason:   workflows.AWSRefused,
		Message:  fmt.Sprintf("%s has to wait for its turn: AWS bears %.2g of them a second there.", call.on(), busy.Rate),
		NextStep: "Nothing: it comes again by itself. If it goes on, ask AWS for a higher quota, or lower the rollout's concurrency.",
		Metadata: call.metadata("none"),
	}
	p.Metadata["calls_per_second"] = fmt.Sprintf("%.2g", busy.Rate)
	return failure.PutOff(p, busy.After.Round(time.Millisecond))
}

// outcome is what an attempt's error tells of limits.
func (n api) outcome(err error) limiter.Outcome {
	var refused smithy.APIError
	switch {
	case err == nil:
		return limiter.Passed
	case n.isThrottled(err):
		return limiter.Throttled
	case errors.As(err, &refused) && statusOf(err) < http.StatusInternalServerError:
		return limiter.Passed
	}
	return limiter.Unknown
}

// isThrottled reports whether AWS says that there are too many calls. S3 says "503 Slow Down" (S3 User Guide, optimizing
// performance), without the code to HEAD, whose answers have no body.
func (n api) isThrottled(err error) bool {
	code, status := Code(err), statusOf(err)
	if code == quotaCode {
		return false
	}
	_, known := retry.DefaultThrottleErrorCodes[code]
	return known || status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && n.service == "s3"
}
