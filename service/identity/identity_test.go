package identity_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"rekey/service/identity"
	"rekey/workflows"
)

// uris are parsed URIs.
func uris(t *testing.T, list ...string) []*url.URL {
	t.Helper()
	var parsed []*url.URL
	for _, s := range list {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, u)
	}
	return parsed
}

func TestOfCertificate(t *testing.T) {
	tests := map[string]struct {
		certificate x509.Certificate
		want        string // empty: refused
	}{
		"a URI first": {
			x509.Certificate{URIs: uris(t, "spiffe://a.org/x"), DNSNames: []string{"a.org"}, EmailAddresses: []string{"x@a.org"}},
			"uri:spiffe://a.org/x",
		},
		"the first URI": {x509.Certificate{URIs: uris(t, "spiffe://a.org/x", "spiffe://a.org/y")}, "uri:spiffe://a.org/x"},
		"a DNS name before an e-mail address": {
			x509.Certificate{DNSNames: []string{"a.org", "b.org"}, EmailAddresses: []string{"x@a.org"}}, "dns:a.org",
		},
		"a DNS name in capitals is the same":  {x509.Certificate{DNSNames: []string{"A.org"}}, "dns:a.org"},
		"an e-mail address is":                {x509.Certificate{EmailAddresses: []string{"X@a.org"}}, "email:X@a.org"},
		"nothing":                             {x509.Certificate{}, ""},
		"a name that is too long":             {x509.Certificate{DNSNames: []string{strings.Repeat("a", identity.MaxName)}}, ""},
		"a name that can't be printed":        {x509.Certificate{EmailAddresses: []string{"x@a.org\n"}}, ""},
		"an unusable name is not passed over": {x509.Certificate{DNSNames: []string{"a\x00"}, EmailAddresses: []string{"x@a.org"}}, ""},
		"the longest name":                    {x509.Certificate{DNSNames: []string{strings.Repeat("a", identity.MaxName-4)}}, "dns:" + strings.Repeat("a", identity.MaxName-4)},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			got, err := identity.OfCertificate(&test.certificate)
			if test.want == "" {
				if !errors.Is(err, identity.ErrNoName) {
					t.Errorf("%v, %v; want ErrNoName", got, err)
				}
				return
			}
			if want := (workflows.Caller{Name: test.want, Verified: true}); err != nil || got != want {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
		})
	}
}

func TestOf(t *testing.T) {
	leaf := &x509.Certificate{DNSNames: []string{"a.org"}}
	verified := credentials.TLSInfo{State: tls.ConnectionState{
		PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf, {}}},
	}}
	unverified := credentials.TLSInfo{State: tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}}
	long := strings.Repeat("a", identity.MaxName+1)
	tests := map[string]struct {
		auth   credentials.AuthInfo
		claims []string
		want   workflows.Caller
		err    error
	}{
		"a certificate":                         {auth: verified, want: workflows.Caller{Name: "dns:a.org", Verified: true}},
		"a certificate, whatever the metadata":  {auth: verified, claims: []string{"root"}, want: workflows.Caller{Name: "dns:a.org", Verified: true}},
		"a certificate, whatever bad metadata":  {auth: verified, claims: []string{long}, want: workflows.Caller{Name: "dns:a.org", Verified: true}},
		"a certificate that nobody verified":    {auth: unverified, want: workflows.Caller{}},
		"TLS without a certificate":             {auth: credentials.TLSInfo{}, claims: []string{"jane"}, want: workflows.Caller{Name: "jane"}},
		"a claim":                               {claims: []string{"jane"}, want: workflows.Caller{Name: "jane"}},
		"a claim that looks like a certificate": {claims: []string{"dns:a.org"}, want: workflows.Caller{Name: "dns:a.org"}},
		"a name of two words":                   {claims: []string{"Jane Doe"}, want: workflows.Caller{Name: "Jane Doe"}},
		"nothing":                               {want: workflows.Caller{}},
		"an empty claim":                        {claims: []string{""}, want: workflows.Caller{}},
		"two claims":                            {claims: []string{"jane", "joe"}, err: identity.ErrBadName},
		"a claim that is too long":              {claims: []string{long}, err: identity.ErrBadName},
		"a claim over two lines":                {claims: []string{"jane\njoe"}, err: identity.ErrBadName},
		"a claim with a blank at its end":       {claims: []string{"jane "}, err: identity.ErrBadName},
		"a claim that is no text":               {claims: []string{"jane\xff"}, err: identity.ErrBadName},
		"a claim that hides a direction mark":   {claims: []string{"jane\u202e"}, err: identity.ErrBadName},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			ctx := peer.NewContext(context.Background(), &peer.Peer{AuthInfo: test.auth})
			if test.claims != nil {
				ctx = metadata.NewIncomingContext(ctx, metadata.MD{identity.MetadataKey: test.claims})
			}
			got, err := identity.Of(ctx)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("%+v, %v; want %+v, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestFrom(t *testing.T) {
	caller := workflows.Caller{Name: "jane"}
	if got := identity.From(identity.With(t.Context(), caller)); got != caller {
		t.Errorf("%v, want %v", got, caller)
	}
	if got := identity.From(t.Context()); got != (workflows.Caller{}) {
		t.Errorf("%v, want nobody", got)
	}
}
