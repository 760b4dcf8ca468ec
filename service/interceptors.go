package service

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/selector"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
)

// interceptors are what every call passes, from the outside in: it holds its slot, its caller is found out and kept to a rate,
// it is logged, its error becomes a status, a panic becomes an error, its request is checked, and what the caller may not do
// is refused.
func (s *Service) interceptors() []grpc.ServerOption {
	logged := []logging.Option{
		logging.WithLogOnEvents(logging.FinishCall), // no payloads
		logging.WithFieldsFromContext(callerFields),
	}
	recovered := recovery.WithRecoveryHandlerContext(newPanicked)
	ours := selector.MatchFunc(func(_ context.Context, call interceptors.CallMeta) bool {
		return isOurs(call.Service)
	})
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(
			holdUnary,
			auth.UnaryServerInterceptor(identify),
			s.limitUnary,
			selector.UnaryServerInterceptor(logging.UnaryServerInterceptor(s.logger(), logged...), ours),
			s.settleUnary,
			recovery.UnaryServerInterceptor(recovered),
			s.checkUnary,
			s.authorizeUnary,
		),
		grpc.ChainStreamInterceptor(
			holdStream,
			auth.StreamServerInterceptor(identify),
			s.limitStream,
			selector.StreamServerInterceptor(logging.StreamServerInterceptor(s.logger(), logged...), ours),
			s.settleStream,
			recovery.StreamServerInterceptor(recovered),
			s.checkStream,
			s.authorizeStream,
		),
	}
}

func (s *Service) logger() logging.Logger {
	return logging.LoggerFunc(func(ctx context.Context, level logging.Level, message string, fields ...any) {
		s.config.Log.Log(ctx, slog.Level(level), message, fields...)
	})
}

func holdUnary(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (reply any, err error) {
	err = holding(ctx, func() (err error) {
		reply, err = next(ctx, r)
		return err
	})
	return reply, err
}

func holdStream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	return holding(stream.Context(), func() error { return next(srv, stream) })
}

func (s *Service) limitUnary(ctx context.Context, r any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := s.limits.admit(ctx, call.FullMethod); err != nil {
		return nil, err
	}
	return next(ctx, r)
}

// limitStream counts a stream once, whatever it sends.
func (s *Service) limitStream(srv any, stream grpc.ServerStream, call *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if err := s.limits.admit(stream.Context(), call.FullMethod); err != nil {
		return err
	}
	return next(srv, stream)
}

func (s *Service) settleUnary(ctx context.Context, r any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	reply, err := next(ctx, r)
	if err != nil {
		return nil, s.settle(ctx, call.FullMethod, err)
	}
	return reply, nil
}

func (s *Service) settleStream(srv any, stream grpc.ServerStream, call *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	return s.settle(stream.Context(), call.FullMethod, next(srv, stream))
}

// settle makes a status of whatever a call ended with. An error that nobody foresaw is logged here, once, under an
// incident, and the caller is told no more than that. Where the call's own time is over, that is what is told: somebody who did
// not answer within it may be well.
func (s *Service) settle(ctx context.Context, method string, err error) error {
	var refused *refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && codeOf(refused.reason) == codes.Unavailable && ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case errors.As(err, &refused):
		return refused.GRPCStatus().Err()
	case ended(err):
		return status.FromContextError(err).Err()
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	incident := newIncident()
	s.config.Log.ErrorContext(ctx, "internal error", "incident", incident, "method", method, "error", err)
	return internal(incident)
}

// newIncident names an internal error, so that what its caller saw is found in the log.
func newIncident() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// newPanicked is the error that a panic becomes.
func newPanicked(_ context.Context, value any) error {
	return fmt.Errorf("panic: %v\n%s", value, debug.Stack())
}

func (s *Service) checkUnary(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := s.validate.check(r); err != nil {
		return nil, err
	}
	return next(ctx, r)
}

func (s *Service) checkStream(srv any, stream grpc.ServerStream, call *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if isOurs(serviceOf(call.FullMethod)) { // reflection waits for its caller's next question for as long as that likes
		stream = &promptStream{ServerStream: stream, timeout: s.config.CallTimeout}
	}
	return next(srv, &checkedStream{ServerStream: stream, validate: s.validate})
}

// checkedStream checks what it receives.
type checkedStream struct {
	grpc.ServerStream
	validate *validator
}

// RecvMsg receives a message and checks it.
func (c *checkedStream) RecvMsg(message any) error {
	if err := c.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	return c.validate.check(message)
}

func (s *Service) authorizeUnary(ctx context.Context, r any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := s.authorizer.authorize(ctx, call.FullMethod, r); err != nil {
		return nil, err
	}
	reply, err := next(ctx, r)
	if list, ok := reply.(*rekeyv1.ListMigrationsResponse); ok && err == nil {
		return s.authorizer.readable(ctx, list)
	}
	return reply, err
}

func (s *Service) authorizeStream(srv any, stream grpc.ServerStream, call *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	return next(srv, &authorizedStream{ServerStream: stream, authorizer: s.authorizer, method: call.FullMethod})
}

// authorizedStream authorizes what it receives.
type authorizedStream struct {
	grpc.ServerStream
	authorizer *authorizer
	method     string
}

// RecvMsg receives a message and refuses it where the caller's roles do not allow it.
func (a *authorizedStream) RecvMsg(message any) error {
	if err := a.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	return a.authorizer.authorize(a.Context(), a.method, message)
}
