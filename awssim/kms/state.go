package kms

import (
	"net/http"

	"rekey/awssim/apierr"
)

// StateError is a use that a key's state forbids, whatever the policies say.
type StateError struct {
	// Err is the answer, an *apierr.Error. Key is the key's ARN.
	Err error
	Key string
}

func (e *StateError) Error() string { return e.Err.Error() }

// Unwrap is the answer.
func (e *StateError) Unwrap() error { return e.Err }

// checkState is the key-state table of the AWS KMS Developer Guide (key states of AWS KMS keys) for the
// operations that depend on the state; the others always work.
func checkState(k Key, operation string) error {
	switch k.State {
	case "Enabled", "Updating":
		return nil
	case "Disabled":
		return &StateError{fault("DisabledException", "%s is disabled.", k.ARN), k.ARN}
	case "Unavailable":
		if operation == "CreateGrant" {
			return nil
		}
	}
	return &StateError{fault("KMSInvalidStateException", "%s is %s.", k.ARN, pending[k.State]), k.ARN}
}

var pending = map[string]string{
	"Creating": "creating", "PendingDeletion": "pending deletion", "PendingImport": "pending import",
	"PendingReplicaDeletion": "pending replica deletion", "Unavailable": "unavailable",
}

// checkUsage refuses keys that don't encrypt data keys.
func checkUsage(k Key) error {
	if k.Usage != "ENCRYPT_DECRYPT" || k.Spec != "SYMMETRIC_DEFAULT" {
		return fault("InvalidKeyUsageException", "%s key usage is %s which is not valid for this operation.", k.ARN, k.Usage)
	}
	return nil
}

// fault is a client's error. KMS answers them all with 400 (AWS KMS API Reference).
func fault(code, format string, args ...any) error {
	return apierr.New(code, http.StatusBadRequest, format, args...)
}

func notFound(format string, args ...any) error { return fault("NotFoundException", format, args...) }

func invalid(format string, args ...any) error { return fault("ValidationException", format, args...) }
