// Package restjson is the protocol of the services that map operations to HTTP paths and answer in JSON
// (Smithy, AWS restJson1).
package restjson

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"time"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
)

// Protocol implements wire.Protocol.
type Protocol struct{}

var codes = wire.Codes{
	wire.MissingToken:     {Name: "MissingAuthenticationTokenException", Status: http.StatusForbidden},
	wire.Malformed:        {Name: "IncompleteSignatureException", Status: http.StatusBadRequest},
	wire.UnknownKey:       {Name: "UnrecognizedClientException", Status: http.StatusForbidden},
	wire.RegionOff:        {Name: "UnrecognizedClientException", Status: http.StatusForbidden},
	wire.BadSignature:     {Name: "InvalidSignatureException", Status: http.StatusForbidden},
	wire.Skewed:           {Name: "InvalidSignatureException", Status: http.StatusForbidden},
	wire.Expired:          {Name: "ExpiredTokenException", Status: http.StatusForbidden},
	wire.BadPayload:       {Name: "InvalidSignatureException", Status: http.StatusForbidden},
	wire.TooLarge:         {Name: "RequestEntityTooLargeException", Status: http.StatusRequestEntityTooLarge},
	wire.UnknownOperation: {Name: "UnknownOperationException", Status: http.StatusNotFound},
	wire.Throttled:        {Name: "TooManyRequestsException", Status: http.StatusTooManyRequests},
	wire.Internal:         {Name: "InternalServerException", Status: http.StatusInternalServerError},
}

// Failure implements wire.Protocol.
func (Protocol) Failure(f wire.Failure, message string) *apierr.Error { return codes.Error(f, message) }

// WriteError implements wire.Protocol.
func (Protocol) WriteError(w http.ResponseWriter, err error) { WriteError(w, err) }

// WriteError answers with an error: its code in X-Amzn-Errortype, its message in the body. An error that is
// no *apierr.Error is an InternalServerException.
func WriteError(w http.ResponseWriter, err error) {
	var e *apierr.Error
	if !errors.As(err, &e) {
		e = codes.Error(wire.Internal, err.Error())
	}
	w.Header().Set("X-Amzn-Errortype", e.Code)
	answer := map[string]any{"message": e.Message}
	maps.Copy(answer, e.Detail)
	write(w, e.Status, answer)
}

// Write answers 200 with v as JSON; with a nil v the body is {}.
func Write(w http.ResponseWriter, v any) {
	if v == nil {
		v = struct{}{}
	}
	write(w, http.StatusOK, v)
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"message":"an answer that is no JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Time is a timestamp as JSON carries it: seconds since 1970 with three decimals.
type Time time.Time

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64), nil
}
