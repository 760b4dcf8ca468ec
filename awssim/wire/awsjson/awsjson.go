// Package awsjson is the protocol of the services that name the operation in X-Amz-Target and speak JSON both
// ways (Smithy, AWS JSON 1.1).
package awsjson

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

// Protocol implements wire.Protocol.
type Protocol struct{}

var codes = wire.Codes{
	wire.MissingToken:     {Name: "MissingAuthenticationTokenException", Status: http.StatusBadRequest},
	wire.Malformed:        {Name: "IncompleteSignatureException", Status: http.StatusBadRequest},
	wire.UnknownKey:       {Name: "UnrecognizedClientException", Status: http.StatusBadRequest},
	wire.RegionOff:        {Name: "UnrecognizedClientException", Status: http.StatusBadRequest},
	wire.BadSignature:     {Name: "InvalidSignatureException", Status: http.StatusBadRequest},
	wire.Skewed:           {Name: "InvalidSignatureException", Status: http.StatusBadRequest},
	wire.Expired:          {Name: "ExpiredTokenException", Status: http.StatusBadRequest},
	wire.BadPayload:       {Name: "InvalidSignatureException", Status: http.StatusBadRequest},
	wire.TooLarge:         {Name: "RequestEntityTooLargeException", Status: http.StatusRequestEntityTooLarge},
	wire.UnknownOperation: {Name: "UnknownOperationException", Status: http.StatusBadRequest},
	wire.Throttled:        {Name: "ThrottlingException", Status: http.StatusBadRequest},
	wire.Internal:         {Name: "InternalFailure", Status: http.StatusInternalServerError},
}

// Failure implements wire.Protocol.
func (Protocol) Failure(f wire.Failure, message string) *apierr.Error { return codes.Error(f, message) }

// WriteError implements wire.Protocol.
func (Protocol) WriteError(w http.ResponseWriter, err error) {
	var e *apierr.Error
	if !errors.As(err, &e) {
		e = codes.Error(wire.Internal, err.Error())
	}
	status := e.Status
	if e.Denied {
		status = http.StatusBadRequest // JSON 1.1 knows only 400 and 500 (AWS KMS API Reference, common errors)
	}
	answer := map[string]any{"__type": e.Code, "message": e.Message}
	maps.Copy(answer, e.Detail)
	write(w, status, answer)
}

// Operation is the operation that X-Amz-Target names behind the service's prefix, "" for another service.
func Operation(c *wire.Call, prefix string) string {
	op, ok := strings.CutPrefix(c.HTTP.Header.Get("X-Amz-Target"), prefix+".")
	if !ok {
		return ""
	}
	return op
}

// Handle makes a handler of a function from an operation's input to its output.
func Handle[In any, Out any](f func(c *wire.Call, in In) (Out, error)) func(http.ResponseWriter, *wire.Call) {
	return func(w http.ResponseWriter, c *wire.Call) {
		var in In
		if err := restjson.Read(c, &in); err != nil {
			Protocol{}.WriteError(w, err)
			return
		}
		out, err := f(c, in)
		if err != nil {
			Protocol{}.WriteError(w, err)
			return
		}
		write(w, http.StatusOK, out)
	}
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"__type":"InternalFailure"}`)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
