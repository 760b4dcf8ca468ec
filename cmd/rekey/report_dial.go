package main

import (
	"context"
	"fmt"
	"net"

	"github.com/urfave/cli/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// endpointFlag says which server the commands of the API call.
func endpointFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "endpoint", Value: "127.0.0.1:9090", Sources: cli.EnvVars("REKEY_ENDPOINT"), Usage: "`ADDRESS` of rekey-server",
	}
}

// dial connects to the server, in plaintext, which stays on this machine.
func dial(_ context.Context, c *cli.Command) (*grpc.ClientConn, error) {
	endpoint := c.String("endpoint")
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		return nil, fmt.Errorf("--endpoint %q is no host:port: %w", endpoint, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return nil, fmt.Errorf("--endpoint %q is not on this machine: without TLS rekey calls nothing else", endpoint)
	}
	return grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
}
