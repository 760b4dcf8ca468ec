package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
)

// away points the server at a Temporal that is not there.
func away(t *testing.T) {
	t.Helper()
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	t.Setenv("TEMPORAL_CONFIG_FILE", os.DevNull)
	for _, name := range []string{
		"REKEY_LISTEN", "REKEY_TLS_CERT", "REKEY_TLS_KEY", "REKEY_TLS_CLIENT_CA", "REKEY_ROLES", "REKEY_DEVELOPMENT",
		"REKEY_CALLS_PER_SECOND", "REKEY_FLEET_CALLS_PER_MINUTE", "REKEY_PRICE_PER_RUN", "REKEY_TIME_SCALE",
		"REKEY_MAX_CALLS", "REKEY_MAX_WATCHES", "REKEY_WATCHES_PER_CALLER", "REKEY_MAX_CONNECTIONS", "REKEY_CALL_TIMEOUT",
	} {
		t.Setenv(name, "")
	}
}

// start runs the command until the test ends, and returns its ready line.
func start(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- command(in, io.Discard).Run(ctx, append([]string{"rekey-server"}, args...))
		_ = in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// addressIn is the address that a ready line names.
func addressIn(t *testing.T, line string) string {
	t.Helper()
	_, rest, ok := strings.Cut(line, "rekey-server is ready on ")
	address, _, _ := strings.Cut(rest, " ")
	if _, port, err := net.SplitHostPort(address); !ok || err != nil || port == "0" {
		t.Fatalf("the ready line is %q", line)
	}
	return address
}

// health asks a server for the health of a service.
func health(t *testing.T, address string, creds credentials.TransportCredentials, service string) healthv1.HealthCheckResponse_ServingStatus {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reply, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
	if err != nil {
		t.Fatal(err)
	}
	return reply.GetStatus()
}

func TestServesWhileTemporalIsAway(t *testing.T) {
	away(t)
	line := start(t, "--listen", "127.0.0.1:0")
	if !strings.Contains(line, "plaintext") {
		t.Errorf("%q does not say that it is plaintext", line)
	}
	address := addressIn(t, line)
	if got := health(t, address, insecure.NewCredentials(), ""); got != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("the server is %v", got)
	}
}

func TestServesTLSOnAnyAddress(t *testing.T) {
	away(t)
	cert, key, pool := certificate(t)
	line := start(t, "--listen", "0.0.0.0:0", "--tls-cert", cert, "--tls-key", key, "--roles", exampleRoles)
	if !strings.Contains(line, "TLS") {
		t.Errorf("%q does not say that it is TLS", line)
	}
	_, port, _ := net.SplitHostPort(addressIn(t, line))
	creds := credentials.NewClientTLSFromCert(pool, "rekey.test")
	if got := health(t, "127.0.0.1:"+port, creds, ""); got != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("the server is %v", got)
	}
}

// exampleRoles is the table that the documentation shows.
const exampleRoles = "../../deploy/roles.example.yaml"

// TestCallersShowACertificate starts a server as the documentation says, and calls it with a certificate and without.
func TestCallersShowACertificate(t *testing.T) {
	away(t)
	cert, key, pool := certificate(t)
	line := start(t, "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key, "--tls-client-ca", cert, "--roles", exampleRoles)
	if !strings.Contains(line, "client certificate") {
		t.Errorf("%q does not say that callers show a certificate", line)
	}
	own, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: pool, ServerName: "rekey.test", MinVersion: tls.VersionTLS12}
	if err := migrations(t, addressIn(t, line), config); status.Code(err) != codes.Unavailable {
		t.Errorf("without a certificate a call is answered with %v", err)
	}
	config = config.Clone()
	config.Certificates = []tls.Certificate{own}
	err = migrations(t, addressIn(t, line), config)
	if status.Code(err) != codes.PermissionDenied || !strings.Contains(err.Error(), "dns:rekey.test") {
		t.Errorf("a caller without a role is told %v, want PERMISSION_DENIED with its name", err)
	}
}

// migrations lists a server's migrations, and returns what that ended with.
func migrations(t *testing.T, address string, config *tls.Config) error {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = rekeyv1.NewMigrationServiceClient(conn).ListMigrations(t.Context(), &rekeyv1.ListMigrationsRequest{})
	return err
}

// bounds are what a server takes at most.
type bounds struct {
	Calls, Watches, PerCaller, Connections int
	Timeout                                time.Duration
}

// TestFlagsReachTheService shows what the service is made of without any flags, and with all of those about callers.
func TestFlagsReachTheService(t *testing.T) {
	type config struct {
		Roles, AnyName                      bool
		PerSecond, FleetPerMinute, RunPrice float64
		Bounds                              bounds
	}
	usual := bounds{Calls: 128, Watches: 2000, PerCaller: 1000, Connections: 1000, Timeout: time.Minute}
	tests := map[string]struct {
		args []string
		want config
	}{
		"by default everybody may do everything, at a rate": {nil, config{PerSecond: 50, FleetPerMinute: 30, Bounds: usual}},
		"all": {
			[]string{
				"--development", "--roles", exampleRoles,
				"--calls-per-second", "7", "--fleet-calls-per-minute", "0.5", "--price-per-run", "0.0012",
				"--max-calls", "1", "--max-watches", "2", "--watches-per-caller", "3", "--max-connections", "4", "--call-timeout", "5s",
			},
			config{Roles: true, AnyName: true, PerSecond: 7, FleetPerMinute: 0.5, RunPrice: 0.0012, Bounds: bounds{1, 2, 3, 4, 5 * time.Second}},
		},
		"no limits": {[]string{"--calls-per-second", "0", "--fleet-calls-per-minute", "0"}, config{Bounds: usual}},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			away(t)
			c := command(io.Discard, io.Discard)
			var got config
			c.Action = func(_ context.Context, c *cli.Command) error {
				made, err := configOf(c)
				got = config{
					made.Roles != nil, made.AnyName, made.CallsPerSecond, made.FleetCallsPerMinute, made.RunPriceUSD,
					bounds{made.MaxCalls, made.MaxWatches, made.WatchesPerCaller, made.MaxConnections, made.CallTimeout},
				}
				return err
			}
			if err := c.Run(t.Context(), append([]string{"rekey-server"}, test.args...)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// certificate writes a certificate for rekey.test and its key, and returns what trusts it. It is an authority as well, its own.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"rekey.test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, raw []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", rawKey), pool
}

func TestRefusals(t *testing.T) {
	cert, key, _ := certificate(t)
	secured := func(args ...string) []string { return append([]string{"--tls-cert", cert, "--tls-key", key}, args...) }
	tests := map[string]struct {
		args []string
		say  []string
	}{
		"every interface without TLS": {[]string{"--listen", "0.0.0.0:9090"}, []string{"--tls-cert", "127.0.0.1:9090"}},
		"no host without TLS":         {[]string{"--listen", ":9090"}, []string{"--tls-cert", "127.0.0.1:9090"}},
		"another address without TLS": {[]string{"--listen", "192.0.2.1:80"}, []string{"--tls-cert", "127.0.0.1:80"}},
		"IPv6 without TLS":            {[]string{"--listen", "[::]:9090"}, []string{"--tls-cert"}},
		"no port":                     {[]string{"--listen", "127.0.0.1"}, []string{"listen address"}},
		"a certificate without a key": {[]string{"--tls-cert", "cert.pem"}, []string{"tls-key"}},
		"a certificate that is none":  {[]string{"--tls-cert", "no.pem", "--tls-key", "no.pem"}, []string{"no.pem"}},
		"TLS without roles":           {secured(), []string{"--roles", "roles.example.yaml"}},
		"callers without roles":       {secured("--tls-client-ca", cert), []string{"--roles", "roles.example.yaml"}},
		"callers without TLS":         {[]string{"--tls-client-ca", cert}, []string{"tls-cert", "tls-key"}},
		"an authority that is none":   {secured("--tls-client-ca", key, "--roles", exampleRoles), []string{"tls-client-ca", key}},
		"an authority that is absent": {secured("--tls-client-ca", "no.pem", "--roles", exampleRoles), []string{"no.pem"}},
		"roles that are absent":       {[]string{"--roles", "no.yaml"}, []string{"no.yaml"}},
		"roles that are none":         {[]string{"--roles", cert}, []string{cert, "[1:1]"}},
		"development over TLS":        {secured("--roles", exampleRoles, "--development"), []string{"development", "TLS"}},
		"development for others":      {[]string{"--development", "--listen", "0.0.0.0:9090"}, []string{"--tls-cert"}},
		"a negative rate":             {[]string{"--calls-per-second", "-1"}, []string{"calls-per-second"}},
		"an endless rate":             {[]string{"--fleet-calls-per-minute", "Inf"}, []string{"fleet-calls-per-minute"}},
		"a negative price":            {[]string{"--price-per-run", "-0.01"}, []string{"price-per-run"}},
		"a price that is no number":   {[]string{"--price-per-run", "NaN"}, []string{"price-per-run"}},
		"a slow time scale":           {[]string{"--time-scale", "0.5"}, []string{"time-scale"}},
		"no time scale":               {[]string{"--time-scale", "0"}, []string{"time-scale"}},
		"an endless time scale":       {[]string{"--time-scale", "Inf"}, []string{"time-scale"}},
		"no calls":                    {[]string{"--max-calls", "0"}, []string{"max-calls"}},
		"no watches":                  {[]string{"--max-watches", "-1"}, []string{"max-watches"}},
		"no watches of a caller":      {[]string{"--watches-per-caller", "0"}, []string{"watches-per-caller"}},
		"no connections":              {[]string{"--max-connections", "0"}, []string{"max-connections"}},
		"no call timeout":             {[]string{"--call-timeout", "0s"}, []string{"call-timeout"}},
		"no query timeout":            {[]string{"--query-timeout", "0s"}, []string{"query-timeout"}},
		"an unknown level":            {[]string{"--log-level", "loud"}, []string{"log-level"}},
		"an unknown format":           {[]string{"--log-format", "xml"}, []string{"log-format"}},
		"an argument":                 {[]string{"serve"}, []string{"serve"}},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			away(t)
			var out bytes.Buffer
			err := command(&out, &out).Run(t.Context(), append([]string{"rekey-server"}, test.args...))
			if err == nil {
				t.Fatalf("it served:\n%s", &out)
			}
			for _, word := range test.say {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%v does not say %s", err, word)
				}
			}
		})
	}
}

// TestHoldsNoAWSPermission shows that the server can't call AWS: it links no SDK of it, and none of the packages
// whose workflows and activities do.
func TestHoldsNoAWSPermission(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	var linked bool
	for path := range strings.Lines(string(out)) {
		path = strings.TrimSpace(path)
		linked = linked || path == "rekey/workflows"
		for _, forbidden := range []string{"github.com/aws/", "rekey/workflows/", "rekey/awssim", "go.temporal.io/sdk/worker"} {
			if strings.HasPrefix(path, forbidden) {
				t.Errorf("the server links %s", path)
			}
		}
	}
	if !linked {
		t.Error("the list does not even have the contract: it is not the server's")
	}
}
