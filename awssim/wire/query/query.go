// Package query is the protocol of the services that take a form and answer in XML (Smithy, AWS Query).
package query

import (
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
)

// Protocol implements wire.Protocol for the services of a namespace.
type Protocol struct {
	// Namespace is the XML namespace of the service's answers.
	Namespace string
	// Version is the API version that requests must name.
	Version string
}

var codes = wire.Codes{
	wire.MissingToken:     {Name: "MissingAuthenticationToken", Status: http.StatusForbidden},
	wire.Malformed:        {Name: "IncompleteSignature", Status: http.StatusBadRequest},
	wire.UnknownKey:       {Name: "InvalidClientTokenId", Status: http.StatusForbidden},
	wire.RegionOff:        {Name: "InvalidClientTokenId", Status: http.StatusForbidden},
	wire.BadSignature:     {Name: "SignatureDoesNotMatch", Status: http.StatusForbidden},
	wire.Skewed:           {Name: "SignatureDoesNotMatch", Status: http.StatusForbidden},
	wire.Expired:          {Name: "ExpiredToken", Status: http.StatusForbidden},
	wire.BadPayload:       {Name: "SignatureDoesNotMatch", Status: http.StatusForbidden},
	wire.TooLarge:         {Name: "RequestEntityTooLarge", Status: http.StatusRequestEntityTooLarge},
	wire.UnknownOperation: {Name: "InvalidAction", Status: http.StatusBadRequest},
	wire.Throttled:        {Name: "Throttling", Status: http.StatusBadRequest},
	wire.Internal:         {Name: "InternalFailure", Status: http.StatusInternalServerError},
}

// Failure implements wire.Protocol.
func (Protocol) Failure(f wire.Failure, message string) *apierr.Error { return codes.Error(f, message) }

// WriteError implements wire.Protocol. A denial is AccessDenied, without the JSON protocols' "Exception".
func (p Protocol) WriteError(w http.ResponseWriter, err error) {
	var e *apierr.Error
	if !errors.As(err, &e) {
		e = codes.Error(wire.Internal, err.Error())
	}
	type detail struct{ Type, Code, Message string }
	answer := struct {
		XMLName   xml.Name
		Error     detail
		RequestID string `xml:"RequestId"`
	}{
		XMLName:   xml.Name{Space: p.Namespace, Local: "ErrorResponse"},
		Error:     detail{Type: "Sender", Code: e.Code, Message: e.Message},
		RequestID: wire.RequestID(w),
	}
	if e.Status >= http.StatusInternalServerError {
		answer.Error.Type = "Receiver"
	}
	if e.Denied {
		answer.Error.Code = "AccessDenied"
	}
	write(w, e.Status, answer)
}

// Form is the call's form, empty when it isn't one.
func Form(c *wire.Call) url.Values {
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return url.Values{}
	}
	return form
}

// Operation is the form's Action, "" for another version of the API.
func (p Protocol) Operation(c *wire.Call) string {
	form := Form(c)
	if form.Get("Version") != p.Version {
		return ""
	}
	return form.Get("Action")
}

// Handle makes a handler of a function from an operation's form to its result, which is a struct that
// encoding/xml can write, or nil.
func (p Protocol) Handle(action string, f func(c *wire.Call, form url.Values) (any, error)) func(http.ResponseWriter, *wire.Call) {
	return func(w http.ResponseWriter, c *wire.Call) {
		result, err := f(c, Form(c))
		if err != nil {
			p.WriteError(w, err)
			return
		}
		write(w, http.StatusOK, response{
			XMLName:  xml.Name{Space: p.Namespace, Local: action + "Response"},
			Result:   named{name: action + "Result", value: result},
			Metadata: metadata{RequestID: wire.RequestID(w)},
		})
	}
}

type response struct {
	XMLName  xml.Name
	Result   named
	Metadata metadata `xml:"ResponseMetadata"`
}

type metadata struct {
	RequestID string `xml:"RequestId"`
}

// named is a value that is written under a name of its own.
type named struct {
	name  string
	value any
}

// MarshalXML implements xml.Marshaler.
func (n named) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	if n.value == nil {
		return nil
	}
	return e.EncodeElement(n.value, xml.StartElement{Name: xml.Name{Local: n.name}})
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := xml.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
