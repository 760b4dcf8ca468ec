package service

import (
	"context"
	"errors"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
)

// identify finds out who calls, for everything that comes after.
func identify(ctx context.Context) (context.Context, error) {
	caller, err := identity.Of(ctx)
	switch {
	case errors.Is(err, identity.ErrNoName):
		return nil, callerNotIdentified()
	case errors.Is(err, identity.ErrBadName):
		return nil, badCallerName()
	case err != nil:
		return nil, err
	}
	return identity.With(ctx, caller), nil
}

// callerFields are how the log names a caller.
func callerFields(ctx context.Context) logging.Fields {
	caller := identity.From(ctx)
	return logging.Fields{"caller", caller.Name, "caller.verified", caller.Verified}
}

// callerNotIdentified refuses a certificate that names nobody.
func callerNotIdentified() error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_CALLER_NOT_IDENTIFIED,
		message:  "The client certificate has no subject alternative name that can stand for its holder.",
		nextStep: "Use one whose first URI, else DNS name, else e-mail address is printable and has at most 250 characters.",
	}
}

// badCallerName refuses a name in the metadata that people could not read in a log.
func badCallerName() error {
	const description = "not one printable name of at most 256 bytes"
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INVALID_FIELD,
		message:  identity.MetadataKey + ": " + description + ".",
		nextStep: "Correct the call's metadata, or leave the key out.",
		metadata: map[string]string{"field": identity.MetadataKey, "constraint": "name"},
		fields:   []*errdetails.BadRequest_FieldViolation{{Field: identity.MetadataKey, Description: description}},
	}
}
