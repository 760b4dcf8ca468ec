package wire

import (
	"net/http"

	"rekey/awssim/apierr"
)

// Failure is an answer that is given in a service's place, before or around it; every protocol has its own
// code for it.
type Failure int

// The failures.
const (
	MissingToken     Failure = iota // the request isn't signed
	Malformed                       // its signature can't be read
	UnknownKey                      // its access key or session token is nobody's
	RegionOff                       // the caller's account has not enabled the Region that it is sent to
	BadSignature                    // it was signed with another secret, or changed on the way
	Skewed                          // it was signed more than 15 minutes ago or ahead
	Expired                         // its session is over
	BadPayload                      // its payload isn't the one that was signed
	TooLarge                        // its body exceeds what the service takes
	UnknownOperation                // the service has no such operation, or it is not simulated
	Throttled                       // too many requests
	Internal                        // the service failed
)

// Protocol is how a service words errors.
type Protocol interface {
	// Failure is the protocol's error for a failure.
	Failure(f Failure, message string) *apierr.Error
	// WriteError answers with an error; one that is no *apierr.Error is an internal failure.
	WriteError(w http.ResponseWriter, err error)
}

// Speaker is a Service that says which protocol it speaks. Those that don't are taken for REST-JSON.
type Speaker interface {
	Protocol() Protocol
}

// Codes words the failures of a protocol.
type Codes map[Failure]Code

// Code is an error's code with its HTTP status.
type Code struct {
	Name   string
	Status int
}

// Error is the error for a failure, with the protocol's code for Internal when it has no other.
func (c Codes) Error(f Failure, message string) *apierr.Error {
	code, ok := c[f]
	if !ok {
		code = c[Internal]
	}
	return apierr.New(code.Name, code.Status, "%s", message)
}

// RequestID is the id that the answer under way carries.
func RequestID(w http.ResponseWriter) string { return w.Header().Get("X-Amzn-Requestid") }
