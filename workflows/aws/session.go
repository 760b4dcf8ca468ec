package aws

import (
	"context"
	"errors"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// Times of a session.
const (
	// sessionDuration is the most that role chaining allows: a worker that itself runs under a role gets an error
	// for more than an hour (AWS STS API, AssumeRole, DurationSeconds).
	sessionDuration = time.Hour
	// renewBefore is how long before its end a session is renewed, so that no call is made with one that ends
	// under way; jitter spreads the renewals of many accounts over half of it.
	renewBefore = 5 * time.Minute
	renewJitter = 0.5
)

// session is the member role's session in one account.
type session struct {
	cache *awssdk.CredentialsCache
}

type sessionOptions struct {
	sts        stscreds.AssumeRoleAPIClient
	name       string
	externalID string
}

func newSession(role string, o sessionOptions) *session {
	provider := stscreds.NewAssumeRoleProvider(o.sts, role, func(r *stscreds.AssumeRoleOptions) {
		r.RoleSessionName = o.name
		r.Duration = sessionDuration
		if o.externalID != "" {
			r.ExternalID = awssdk.String(o.externalID)
		}
	})
	return &session{cache: awssdk.NewCredentialsCache(provider, func(c *awssdk.CredentialsCacheOptions) {
		c.ExpiryWindow = renewBefore
		c.ExpiryWindowJitterFrac = renewJitter
	})}
}

// dropWhenExpired adds a step to a client's calls that forgets the session when AWS says that it has ended, which
// it may do earlier than the worker's clock. It lies within the SDK's retries, so that the next attempt already
// has a new session.
func (s *session) dropWhenExpired(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("RekeyDropExpiredSession", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		var api smithy.APIError
		if errors.As(err, &api) && expiredCodes[api.ErrorCode()] {
			s.cache.Invalidate()
		}
		return out, metadata, err
	}), "Retry", middleware.After)
}
