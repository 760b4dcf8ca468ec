package load

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// strangers are callers of a server with TLS who do not speak it.
func strangers() []attack {
	return []attack{{"plaintext to a TLS port", []codes.Code{codes.Unavailable}, plaintext}}
}

// nobodysRoles let nobody do anything: a server with TLS needs a table.
const nobodysRoles = "rules:\n  - {members: [nobody], roles: [reader], accounts: [\"*\"]}\n"

// plaintext calls a server with TLS without it. Whoever speaks it is served all the same.
func plaintext(ctx context.Context, b *bench) error {
	address, trusted, stop, err := b.secured(ctx)
	if err != nil {
		return err
	}
	defer stop()
	check := func(creds credentials.TransportCredentials) error {
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, err = healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
		return err
	}
	refused := check(insecure.NewCredentials())
	if err := check(credentials.NewClientTLSFromCert(trusted, "")); err != nil {
		return status.Errorf(codes.Internal, "with TLS: %v", err)
	}
	return refused
}

// secured starts another rekey-server, with TLS.
func (b *bench) secured(ctx context.Context) (address string, trusted *x509.CertPool, stop func(), err error) {
	dir, err := os.MkdirTemp("", "rekey-load-")
	if err != nil {
		return "", nil, nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	if trusted, err = certify(dir); err != nil {
		return "", nil, nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "roles.yaml"), []byte(nobodysRoles), 0o600); err != nil {
		return "", nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	server := exec.CommandContext(ctx, filepath.Join(b.ground.Place.Bin, "rekey-server"), "--listen", "127.0.0.1:0", //nolint:gosec // ours
		"--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"), "--roles", filepath.Join(dir, "roles.yaml"))
	server.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+b.ground.Stack.Temporal())
	stop = func() {
		cancel()
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	}
	var said bytes.Buffer
	server.Stderr = &said
	out, err := server.StdoutPipe()
	if err != nil {
		return "", nil, nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, nil, err
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	_, rest, ok := strings.Cut(line, "ready on ")
	address, _, _ = strings.Cut(rest, " ")
	if !ok {
		stop()
		return "", nil, nil, fmt.Errorf("the server with TLS did not start, and said: %s", said.String())
	}
	return address, trusted, stop, nil
}

// certify writes a certificate for loopback and its key, and returns what trusts it.
func certify(dir string) (*x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	trusted.AddCert(certificate)
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, err
		}
	}
	return trusted, nil
}
