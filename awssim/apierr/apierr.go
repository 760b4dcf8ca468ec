// Package apierr is an AWS error as every protocol answers it: a code, an HTTP status and a message.
package apierr

import (
	"fmt"
	"net/http"
)

// Error is an answer other than success.
type Error struct {
	// Code is the modelled shape's name, for example ConflictException.
	Code string
	// Status is the HTTP status that the model gives the code.
	Status int
	// Message is for people.
	Message string
	// Denied marks a refusal for want of permission; the journal keeps those apart.
	Denied bool
	// Detail are the shape's members beside the message, where a JSON service has some.
	Detail map[string]any
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// New is an error of the given code, status and message.
func New(code string, status int, format string, args ...any) *Error {
	return &Error{Code: code, Status: status, Message: fmt.Sprintf(format, args...)}
}

// Denied is an AccessDeniedException for a caller, an action and a resource, with the reason that AWS gives at
// the end of its sentence.
func Denied(caller, action, resource, because string) *Error {
	return &Error{
		Code: "AccessDeniedException", Status: http.StatusForbidden, Denied: true,
		Message: fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s because %s", caller, action, resource, because),
	}
}
