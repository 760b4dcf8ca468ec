package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/urfave/cli/v3"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"rekey/internal/build"
	"rekey/internal/profile"
)

const description = `The server takes calls of rekey.v1.MigrationService and turns them into workflows. It needs no AWS credentials.
It also serves gRPC health and reflection: grpcurl -plaintext 127.0.0.1:9090 describe rekey.v1.MigrationService

It listens on loopback only, in plaintext, unless --tls-cert and --tls-key are given; then --roles says who may do what.
With --tls-client-ca callers must show a certificate, and are named by its first URI, else DNS name, else e-mail address.
Without it they are who the metadata key rekey-caller says, which counts as unverified.

It finds Temporal through Temporal's own environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
TEMPORAL_TLS_… and the profile of TEMPORAL_PROFILE. It starts while Temporal is away; the health of
rekey.v1.MigrationService says when it is there.

SIGINT and SIGTERM stop it: calls in flight get 10 seconds to finish, and watches end with UNAVAILABLE.`

// command is the server's command line. Nothing that it prints is secret.
func command(stdout, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:        "rekey-server",
		Version:     build.Version(),
		Usage:       "serve the API that migrates canaries to a new artifact encryption",
		Description: description,
		Writer:      stdout,
		ErrWriter:   stderr,
		Flags: append([]cli.Flag{
			&cli.StringFlag{
				Name: "listen", Value: "127.0.0.1:9090", Sources: cli.EnvVars("REKEY_LISTEN"),
				Usage: "`ADDRESS` to listen on; port 0 takes a free one",
			},
			&cli.StringFlag{
				Name: "tls-cert", Sources: cli.EnvVars("REKEY_TLS_CERT"), HideDefault: true,
				Usage: "PEM `FILE` of the certificate chain; without it the server is plaintext, on loopback only",
			},
			&cli.StringFlag{
				Name: "tls-key", Sources: cli.EnvVars("REKEY_TLS_KEY"), HideDefault: true,
				Usage: "PEM `FILE` of the certificate's private key",
			},
			&cli.FloatFlag{
				Name: "time-scale", Value: 1, Sources: cli.EnvVars("REKEY_TIME_SCALE"),
				Usage: "how many `TIMES` faster than real time the AWS at hand runs: 1 for the real one",
			},
			&cli.DurationFlag{
				Name: "query-timeout", Value: 5 * time.Second, Sources: cli.EnvVars("REKEY_QUERY_TIMEOUT"),
				Usage: "how long a worker may take to answer a question",
			},
			&cli.StringFlag{
				Name: "log-level", Value: "info", Sources: cli.EnvVars("REKEY_LOG_LEVEL"),
				Usage: "least `LEVEL` of what is logged: debug, info, warn or error",
			},
			&cli.StringFlag{
				Name: "log-format", Value: "text", Sources: cli.EnvVars("REKEY_LOG_FORMAT"),
				Usage: "`FORMAT` of the log on standard error: text or json",
			},
			profile.Flag(),
		}, callerFlags()...),
		Action: func(ctx context.Context, c *cli.Command) error {
			if c.Args().Present() {
				return fmt.Errorf("%q is no flag; see rekey-server --help", c.Args().First())
			}
			s, err := settingsOf(c, stdout, stderr)
			if err != nil {
				return err
			}
			return run(ctx, s)
		},
	}
}

// settingsOf validates what the command line and the environment say.
func settingsOf(c *cli.Command, stdout, stderr io.Writer) (settings, error) {
	logger, err := newLogger(stderr, c.String("log-level"), c.String("log-format"))
	if err != nil {
		return settings{}, err
	}
	config, err := configOf(c)
	if err != nil {
		return settings{}, err
	}
	config.Log = logger
	temporal, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return settings{}, fmt.Errorf("the environment of Temporal: %w", err)
	}
	temporal.Logger = log.NewStructuredLogger(logger)
	return settings{
		out: stdout, listen: c.String("listen"), profiles: c.String("pprof-address"), config: config, temporal: temporal,
	}, nil
}

func newLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, errors.New("log-level must be debug, info, warn or error")
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, errors.New("log-format must be text or json")
}
