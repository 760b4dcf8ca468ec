// Package restxml is S3's protocol: paths and headers, with XML bodies (Smithy, AWS restXml).
package restxml

import (
	"encoding/xml"
	"errors"
	"net/http"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
)

// Protocol implements wire.Protocol.
type Protocol struct{}

var codes = wire.Codes{
	wire.MissingToken:     {Name: "AccessDenied", Status: http.StatusForbidden},
	wire.Malformed:        {Name: "AuthorizationHeaderMalformed", Status: http.StatusBadRequest},
	wire.UnknownKey:       {Name: "InvalidAccessKeyId", Status: http.StatusForbidden},
	wire.RegionOff:        {Name: "InvalidToken", Status: http.StatusBadRequest},
	wire.BadSignature:     {Name: "SignatureDoesNotMatch", Status: http.StatusForbidden},
	wire.Skewed:           {Name: "RequestTimeTooSkewed", Status: http.StatusForbidden},
	wire.Expired:          {Name: "ExpiredToken", Status: http.StatusBadRequest},
	wire.BadPayload:       {Name: "XAmzContentSHA256Mismatch", Status: http.StatusBadRequest},
	wire.TooLarge:         {Name: "EntityTooLarge", Status: http.StatusBadRequest},
	wire.UnknownOperation: {Name: "NotImplemented", Status: http.StatusNotImplemented},
	wire.Throttled:        {Name: "SlowDown", Status: http.StatusServiceUnavailable},
	wire.Internal:         {Name: "InternalError", Status: http.StatusInternalServerError},
}

// Failure implements wire.Protocol.
func (Protocol) Failure(f wire.Failure, message string) *apierr.Error { return codes.Error(f, message) }

// WriteError implements wire.Protocol. net/http drops the body of an answer to HEAD.
func (Protocol) WriteError(w http.ResponseWriter, err error) {
	var e *apierr.Error
	if !errors.As(err, &e) {
		e = codes.Error(wire.Internal, err.Error())
	}
	answer := struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
		HostID    string `xml:"HostId"`
	}{Code: e.Code, Message: e.Message, RequestID: wire.RequestID(w), HostID: w.Header().Get("X-Amz-Id-2")}
	if e.Denied {
		answer.Code = "AccessDenied"
	}
	Write(w, e.Status, answer)
}

// Write answers with v as XML.
func Write(w http.ResponseWriter, status int, v any) {
	body, err := xml.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(xml.Header))
	_, _ = w.Write(body)
}
