package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/client/clienttest"
)

func dial(t *testing.T, config client.Config) *client.Client {
	t.Helper()
	c, err := client.Dial(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A stream that broke is taken up where it broke: nothing is shown twice, and nothing is missed.
func TestFollowResumes(t *testing.T) {
	c := dial(t, client.Config{Endpoint: clienttest.Start(t)})
	var states []string
	troubles := 0
	m, err := client.Watch{API: c, ID: clienttest.Running, Trouble: func(error) { troubles++ }}.Follow(t.Context(), func(m *rekeyv1.Migration) (bool, error) {
		states = append(states, m.GetWaves()[1].GetState().String()[len("WAVE_STATE_"):]+" "+m.GetState().String()[len("MIGRATION_STATE_"):])
		return false, nil
	})
	if err != nil || m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		t.Fatalf("%v, %v", m.GetState(), err)
	}
	want := []string{"RUNNING RUNNING", "RUNNING RUNNING", "JUDGED RUNNING", "JUDGED SUCCEEDED"}
	if diff := cmp.Diff(want, states); diff != "" || troubles != 1 {
		t.Errorf("%d troubles, want 1; states (-want +got):\n%s", troubles, diff)
	}
}

// A server that has too much to do turns calls away: it is asked again.
func TestTurnedAwayComesAgain(t *testing.T) {
	for reason, refused := range map[string]string{
		"a call":                           "SERVER_OVERLOADED",
		"a stream, by the rate of callers": "RATE_LIMITED",
	} {
		t.Run(reason, func(t *testing.T) {
			st, err := status.New(codes.ResourceExhausted, "Not now.").WithDetails(&errdetails.ErrorInfo{Reason: refused})
			if err != nil {
				t.Fatal(err)
			}
			var calls atomic.Int64
			c := dial(t, client.Config{Endpoint: clienttest.Start(t, grpc.InTapHandle(func(ctx context.Context, _ *tap.Info) (context.Context, error) {
				if calls.Add(1) <= 2 {
					return ctx, st.Err()
				}
				return ctx, nil
			}))})
			if refused == "SERVER_OVERLOADED" {
				if _, err := c.GetMigration(t.Context(), &rekeyv1.GetMigrationRequest{MigrationId: clienttest.Paused}); err != nil {
					t.Error(err)
				}
				calls.Store(0)
			}
			_, err = client.Watch{API: c, ID: clienttest.Paused}.Follow(t.Context(), func(*rekeyv1.Migration) (bool, error) { return true, nil })
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFollowEnds(t *testing.T) {
	enough := errors.New("enough")
	cases := map[string]struct {
		reason   string
		id       string
		endpoint string
		show     func(context.CancelFunc) (bool, error)
		want     codes.Code
		is       error
	}{
		"Enough":   {reason: "when it has been shown what was waited for", id: clienttest.Paused, show: func(context.CancelFunc) (bool, error) { return true, nil }},
		"Error":    {reason: "with the error of who looks on", id: clienttest.Paused, show: func(context.CancelFunc) (bool, error) { return false, enough }, is: enough},
		"NotFound": {reason: "at once, where waiting helps nothing", id: clienttest.Gone, want: codes.NotFound},
		"Away":     {reason: "when the server stays away for longer than anybody is patient", id: clienttest.Paused, endpoint: "127.0.0.1:1", want: codes.Unavailable},
		"Cancelled": {
			reason: "when nobody looks on any more", id: clienttest.Paused, is: context.Canceled,
			show: func(cancel context.CancelFunc) (bool, error) { cancel(); return false, nil },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.endpoint == "" {
				tc.endpoint = clienttest.Start(t)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := client.Watch{API: dial(t, client.Config{Endpoint: tc.endpoint}), ID: tc.id, Patience: time.Nanosecond}.Follow(ctx,
				func(*rekeyv1.Migration) (bool, error) { return tc.show(cancel) })
			if tc.is != nil {
				if !errors.Is(err, tc.is) {
					t.Errorf("%s: %v, want %v", tc.reason, err, tc.is)
				}
				return
			}
			if status.Code(err) != tc.want {
				t.Errorf("%s: %v, want %v", tc.reason, err, tc.want)
			}
		})
	}
}

// Listings go over all pages, and stop asking when nobody wants more.
func TestCollect(t *testing.T) {
	c := dial(t, client.Config{Endpoint: clienttest.Start(t)})
	for limit, want := range map[int]struct {
		n    int
		more bool
	}{0: {4, false}, 1: {1, true}, 3: {3, true}, 4: {4, false}, 9: {4, false}} {
		list, more, err := client.Collect(client.Canaries(t.Context(), c, &rekeyv1.ListCanariesRequest{MigrationId: clienttest.Done}), limit)
		if err != nil || len(list) != want.n || more != want.more {
			t.Errorf("of at most %d: %d, more %v, %v; want %d, more %v", limit, len(list), more, err, want.n, want.more)
		}
	}
	if _, _, err := client.Collect(client.Canaries(t.Context(), c, &rekeyv1.ListCanariesRequest{MigrationId: clienttest.Gone}), 0); status.Code(err) != codes.NotFound {
		t.Errorf("a listing of nothing: %v", err)
	}
}

// authority issues certificates for a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.issue("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// issue writes name.pem and name.key. The first one is the authority's own.
func (a *authority) issue(name string, template *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(1), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.cert == nil {
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			a.t.Fatal(err)
		}
		a.key = key
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(a.file(file), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
}

// Over TLS the server must be who it says, and asks the client the same; whoever can't show it is told, and not served.
func TestTLS(t *testing.T) {
	a := newAuthority(t)
	a.issue("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"rekey.example.com"}})
	a.issue("alice", &x509.Certificate{EmailAddresses: []string{"alice@example.com"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	pair, err := tls.LoadX509KeyPair(a.file("server.pem"), a.file("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	endpoint := clienttest.Start(t, grpc.Creds(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})))
	cases := map[string]struct {
		reason string
		config client.Config
		want   codes.Code
	}{
		"Both":      {reason: "each shows who it is", config: client.Config{CA: a.file("ca.pem"), Cert: a.file("alice.pem"), Key: a.file("alice.key")}},
		"Name":      {reason: "the server's name may be another than the endpoint's", config: client.Config{CA: a.file("ca.pem"), Cert: a.file("alice.pem"), Key: a.file("alice.key"), ServerName: "rekey.example.com"}},
		"WrongName": {reason: "but is checked", config: client.Config{CA: a.file("ca.pem"), Cert: a.file("alice.pem"), Key: a.file("alice.key"), ServerName: "other.example.com"}, want: codes.Unavailable},
		"Stranger":  {reason: "an authority that this machine does not know is none", config: client.Config{TLS: true, Cert: a.file("alice.pem"), Key: a.file("alice.key")}, want: codes.Unavailable},
		"Nobody":    {reason: "a server that asks for a certificate is not content without", config: client.Config{CA: a.file("ca.pem")}, want: codes.Unavailable},
		"Plaintext": {reason: "TLS is not spoken in plaintext", config: client.Config{}, want: codes.Unavailable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.config.Endpoint = endpoint
			_, err := dial(t, tc.config).GetMigration(t.Context(), &rekeyv1.GetMigrationRequest{MigrationId: clienttest.Done})
			if status.Code(err) != tc.want {
				t.Errorf("%s: %v, want %v", tc.reason, err, tc.want)
			}
		})
	}
}
