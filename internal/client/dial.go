package client

import (
	"context"
	"fmt"
	"os/user"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/retry"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	rekeyv1 "rekey/gen/rekey/v1"
)

// callerKey is the metadata key in which a caller without a certificate says who it is.
const callerKey = "rekey-caller"

// How calls are repeated that found a server or its worker away, or overloaded: every call of the API may be, for those that
// create something carry a request id.
const (
	attempts   = 4
	firstPause = 250 * time.Millisecond
)

// Client calls a server. It is safe for concurrent use.
type Client struct {
	rekeyv1.MigrationServiceClient
	// Fleet is the live census.
	Fleet rekeyv1.FleetServiceClient
	// Endpoint is where the server is.
	Endpoint string

	conn *grpc.ClientConn
}

// Dial makes a client. It does not connect: the first call does, and fails when the server can't be reached.
func Dial(config Config) (*Client, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	options := []grpc.DialOption{grpc.WithUserAgent("rekey"), repeating(config.Patience)}
	if config.secure() {
		c, err := config.tlsConfig()
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(c)))
	} else {
		options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	}
	if config.Cert == "" {
		options = append(options, naming(config.Caller)...)
	}
	conn, err := grpc.NewClient(config.Endpoint, options...)
	if err != nil {
		return nil, fmt.Errorf("the endpoint %s: %w", config.Endpoint, err)
	}
	return &Client{
		MigrationServiceClient: rekeyv1.NewMigrationServiceClient(conn), Fleet: rekeyv1.NewFleetServiceClient(conn),
		Endpoint: config.Endpoint, conn: conn,
	}, nil
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

// repeating repeats calls for about two seconds, or for as long as somebody is patient.
func repeating(patience time.Duration) grpc.DialOption {
	return grpc.WithChainUnaryInterceptor(retry.UnaryClientInterceptor(
		retry.WithMax(max(attempts, uint(patience/maxPause))), retry.WithRetriable(passes),
		retry.WithBackoff(retry.BackoffExponentialWithJitterBounded(firstPause, 0.1, maxPause)),
	))
}

// naming says with every call who calls: the given name or, without one, the user's on this machine.
func naming(caller string) []grpc.DialOption {
	if u, err := user.Current(); err == nil && caller == "" {
		caller = u.Username
	}
	if caller == "" {
		return nil
	}
	named := func(ctx context.Context) context.Context {
		return metadata.AppendToOutgoingContext(ctx, callerKey, caller)
	}
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(func(
			ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption,
		) error {
			return call(named(ctx), method, request, reply, conn, options...)
		}),
		grpc.WithChainStreamInterceptor(func(
			ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption,
		) (grpc.ClientStream, error) {
			return open(named(ctx), desc, conn, method, options...)
		}),
	}
}
