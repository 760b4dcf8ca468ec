package client

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Failure is what a call failed with, in the API's words.
type Failure struct {
	// Code is the status; codes.Unknown for an error that no call ended with.
	Code codes.Code
	// Reason is an ErrorReason without its prefix. Empty where the server gave none.
	Reason string
	// Message says what is in the way, and what to do next.
	Message string
	// Metadata has the dynamic words of the message.
	Metadata map[string]string
	// Fields are the fields that break a constraint, as "field: why".
	Fields []string
}

// Explain takes an error of a call apart.
func Explain(err error) Failure {
	st, ok := status.FromError(err)
	if !ok {
		return Failure{Code: codes.Unknown, Message: err.Error()}
	}
	f := Failure{Code: st.Code(), Message: st.Message()}
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			f.Reason, f.Metadata = d.GetReason(), d.GetMetadata()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				f.Fields = append(f.Fields, v.GetField()+": "+v.GetDescription())
			}
		default:
		}
	}
	return f
}

// passes reports whether a failure goes by: the server or its worker is away, or the server has too much to do just now.
func passes(err error) bool {
	return status.Code(err) == codes.Unavailable || Explain(err).Reason == "SERVER_OVERLOADED"
}

// At puts into words what a server at an endpoint did not say itself, because it was not reached or does not know.
func (f Failure) At(endpoint string) Failure {
	if f.Reason != "" {
		return f
	}
	switch f.Code {
	case codes.Unavailable:
		f.Message = fmt.Sprintf("The server at %s can't be reached (%s). See that rekey-server runs there and speaks what is asked of it "+
			"(TLS or plaintext), or name another with --endpoint.", endpoint, cause(f.Message))
	case codes.Unimplemented:
		f.Message = fmt.Sprintf("The server at %s does not know this call (%s). See that it is rekey-server, of this version or newer.",
			endpoint, f.Message)
	case codes.DeadlineExceeded:
		f.Message = fmt.Sprintf("The server at %s did not answer in time. Call again; that is safe.", endpoint)
	default:
	}
	return f
}

// Broken says why a stream broke that is about to be taken up again.
func (f Failure) Broken() string {
	if f.Reason != "" {
		return f.Message + " Trying again …"
	}
	return "The server is away (" + cause(f.Message) + "). Trying again …"
}

// cause is what a connection failed with, without what gRPC wraps around it.
func cause(message string) string {
	for _, wrapping := range []string{`connection error: desc = "`, "transport: ", "Error while dialing: ", "authentication handshake failed: "} {
		if _, inner, ok := strings.Cut(message, wrapping); ok {
			message = strings.TrimSuffix(inner, `"`)
		}
	}
	return message
}

// String is the failure in a few lines: what to do, and what programs know it by.
func (f Failure) String() string {
	lines := []string{f.Message}
	if f.Reason != "" {
		var words []string
		for _, key := range slices.Sorted(maps.Keys(f.Metadata)) {
			words = append(words, key+"="+f.Metadata[key])
		}
		lines = append(lines, strings.TrimSpace("reason: "+f.Reason+" "+strings.Join(words, " ")))
	}
	if len(f.Fields) > 1 {
		for _, field := range f.Fields {
			lines = append(lines, "  "+field)
		}
	}
	return strings.Join(lines, "\n")
}
