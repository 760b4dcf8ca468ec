package identity

import (
	"crypto/x509"
	"errors"
	"strings"

	"rekey/workflows"
)

// ErrNoName says that a certificate has no subject alternative name that can stand for its holder.
var ErrNoName = errors.New("no usable subject alternative name in the certificate")

// OfCertificate names the holder of a verified certificate by its subject alternative names: the first URI (as SPIFFE has
// it, which allows one alone), else the first DNS name, else the first e-mail address. The kind that comes first decides: a
// name that can't be used is not passed over for another kind, so that one holder never has two names. It ends with
// ErrNoName. The common name is not looked at, as nowhere in TLS any more (RFC 9525, section 2).
func OfCertificate(certificate *x509.Certificate) (workflows.Caller, error) {
	name := nameOf(certificate)
	if !isName(name) {
		return workflows.Caller{}, ErrNoName
	}
	return workflows.Caller{Name: name, Verified: true}, nil
}

// nameOf is the holder's name with its kind. DNS names are the same in any case, and are written in lower case.
func nameOf(certificate *x509.Certificate) string {
	switch {
	case len(certificate.URIs) > 0:
		return "uri:" + certificate.URIs[0].String()
	case len(certificate.DNSNames) > 0:
		return "dns:" + strings.ToLower(certificate.DNSNames[0])
	case len(certificate.EmailAddresses) > 0:
		return "email:" + certificate.EmailAddresses[0]
	}
	return ""
}
