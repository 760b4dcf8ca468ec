// Package wire is the way into the simulated AWS: it finds the service and operation that a signed HTTP
// request names, and the protocols in which the services answer.
package wire

import (
	"net/http"

	"rekey/awssim/identity"
)

// Call is one authenticated request, read as far as all protocols share.
type Call struct {
	// Principal is whose signature it carries.
	Principal identity.Principal
	// Region is the one in the signature's credential scope.
	Region string
	// HTTP is the request; its body has been read into Body.
	HTTP *http.Request
	Body []byte
}

// Service answers the calls of one AWS service.
type Service interface {
	// SigningName is the service's name in a signature's credential scope, for example "kms".
	SigningName() string
	// Operation names the operation that the request asks for, for example "CreateGrant"; "" for none.
	Operation(c *Call) string
	// Serve answers the call. It never panics on what a client may send.
	Serve(w http.ResponseWriter, c *Call)
}
