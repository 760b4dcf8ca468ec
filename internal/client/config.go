// Package client calls the API of rekey: it dials, knows who calls, pages through listings, follows migrations over
// broken streams, and tells in words what a call failed with.
package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// DefaultEndpoint is where rekey-server listens by default.
const DefaultEndpoint = "127.0.0.1:9090"

// Config says how to reach a server, and who calls it.
type Config struct {
	// Endpoint is "host:port", or "unix:path". Default DefaultEndpoint.
	Endpoint string `yaml:"endpoint"`
	// TLS asks for it with the system's authorities. CA and Cert imply it.
	TLS bool `yaml:"tls"`
	// CA is a PEM file of the authorities that the server's certificate is checked against, instead of the system's.
	CA string `yaml:"tls_ca"`
	// Cert and Key are PEM files of the certificate that says who calls. Both or neither.
	Cert string `yaml:"tls_cert"`
	Key  string `yaml:"tls_key"`
	// ServerName is the name in the server's certificate, where it is not that of the endpoint.
	ServerName string `yaml:"tls_server_name"`
	// Insecure allows plaintext to an endpoint that is not on this machine.
	Insecure bool `yaml:"insecure"`
	// Caller is who calls, for servers that are not told by a client certificate. They record it as unverified.
	Caller string `yaml:"caller"`
	// Patience is how long about a call is repeated while the server or its worker is away. Default two seconds.
	Patience time.Duration `yaml:"-"`
}

// validate completes the configuration, and refuses one that would say less than it seems to.
func (c *Config) validate() error {
	if c.Endpoint == "" {
		c.Endpoint = DefaultEndpoint
	}
	if (c.Cert == "") != (c.Key == "") {
		return errors.New("a client certificate needs both --tls-cert and --tls-key")
	}
	if c.secure() && c.Insecure {
		return errors.New("--insecure asks for plaintext, and the TLS settings for TLS: leave out one of them")
	}
	if !c.secure() && c.ServerName != "" {
		return errors.New("--tls-server-name means nothing without --tls, --tls-ca or --tls-cert")
	}
	if !c.secure() && !c.Insecure && !local(c.Endpoint) {
		return fmt.Errorf("plaintext goes to this machine alone, and %s is not: use --tls or --tls-ca, or --insecure if you must", c.Endpoint)
	}
	return nil
}

// secure reports whether TLS was asked for.
func (c *Config) secure() bool { return c.TLS || c.CA != "" || c.Cert != "" }

// local reports whether an endpoint is on this machine, whatever a name server says.
func local(endpoint string) bool {
	if strings.HasPrefix(endpoint, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		return false
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// tlsConfig reads the files that the configuration names.
func (c *Config) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("the server's authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("the server's authority: %s holds no PEM certificate", c.CA)
		}
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("the client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
