package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// loadTLS reads the certificate and its key, and the authorities of callers' certificates where there are any: then nobody
// calls without one. Neither certificate nor key means no TLS, and one alone is a mistake.
func loadTLS(cert, key, clientCA string) (*tls.Config, error) {
	if cert == "" && key == "" {
		if clientCA != "" {
			return nil, errors.New("tls-client-ca needs TLS: give tls-cert and tls-key, too")
		}
		return nil, nil
	}
	if cert == "" || key == "" {
		return nil, errors.New("tls-cert and tls-key go together: give both, or neither to listen on loopback only")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("tls-cert and tls-key: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if clientCA == "" {
		return config, nil
	}
	if config.ClientCAs, err = loadAuthorities(clientCA); err != nil {
		return nil, err
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, nil
}

func loadAuthorities(path string) (*x509.CertPool, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tls-client-ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("tls-client-ca %s has no certificate in PEM", path)
	}
	return pool, nil
}
