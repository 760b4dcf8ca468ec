package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"
	"google.golang.org/grpc/status"

	"rekey/internal/client"
)

// connectionFlags say where the server is, who calls, and how answers are printed. They may stand before or after a
// command. A flag wins over a variable, and a variable over the configuration file.
func connectionFlags() []cli.Flag {
	flag := func(name, variable, usage string) cli.Flag {
		return &cli.StringFlag{Name: name, Sources: cli.EnvVars(variable), Usage: usage, Category: "Connection", HideDefault: true}
	}
	yes := func(name, variable, usage string) cli.Flag {
		return &cli.BoolFlag{Name: name, Sources: cli.EnvVars(variable), Usage: usage, Category: "Connection", HideDefault: true}
	}
	return []cli.Flag{
		flag("endpoint", "REKEY_ENDPOINT", "`ADDRESS` of the server (default: "+client.DefaultEndpoint+")"),
		yes("tls", "REKEY_TLS", "use TLS, with this machine's authorities"),
		flag("tls-ca", "REKEY_TLS_CA", "use TLS, with the authorities of this PEM `FILE`"),
		flag("tls-cert", "REKEY_TLS_CERT", "PEM `FILE` of the client certificate that says who calls"),
		flag("tls-key", "REKEY_TLS_KEY", "PEM `FILE` of its private key"),
		flag("tls-server-name", "REKEY_TLS_SERVER_NAME", "`NAME` in the server's certificate, where it is not the endpoint's"),
		yes("insecure", "REKEY_INSECURE", "allow plaintext to another machine"),
		flag("caller", "REKEY_CALLER", "`NAME` of who calls, without a client certificate (default: the user's)"),
		flag("config", "REKEY_CONFIG", "YAML `FILE` with endpoint, tls, tls_ca, tls_cert, tls_key, tls_server_name, insecure, caller "+
			"(default: rekey/config.yaml in the user's configuration directory)"),
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: formatTable, Usage: "`FORMAT` of the answer: table, json or yaml"},
	}
}

// session is one run of a command that calls the server.
type session struct {
	*client.Client
	printer

	c *cli.Command
	// progress gets what is said beside the answer.
	progress io.Writer
}

// calling makes an action of what calls the server, and words its errors.
func calling(call func(context.Context, *session) error) cli.ActionFunc {
	return func(ctx context.Context, c *cli.Command) error {
		s, err := connect(c)
		if err != nil {
			return err
		}
		defer s.Close()
		err = call(ctx, s)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if _, ok := status.FromError(err); ok {
			return &callError{client.Explain(err).At(s.Endpoint)}
		}
		return err
	}
}

// connect makes a session of the flags.
func connect(c *cli.Command) (*session, error) {
	p, err := printerOf(c)
	if err != nil {
		return nil, err
	}
	config, err := client.ReadFile(c.String("config"))
	if err != nil {
		return nil, err
	}
	given := client.Config{
		Endpoint: c.String("endpoint"), TLS: c.Bool("tls"), CA: c.String("tls-ca"), Cert: c.String("tls-cert"), Key: c.String("tls-key"),
		ServerName: c.String("tls-server-name"), Insecure: c.Bool("insecure"), Caller: c.String("caller"),
	}
	dialled, err := client.Dial(given.Or(config))
	if err != nil {
		return nil, err
	}
	return &session{Client: dialled, printer: p, c: c, progress: c.Root().ErrWriter}, nil
}

// id is the migration that the command line names, and nothing else.
func (s *session) id() (string, error) {
	id, rest, err := s.idAnd()
	if err == nil && len(rest) > 0 {
		return "", fmt.Errorf("%q is too much; see %s --help", rest[0], s.c.FullName())
	}
	return id, err
}

// idAnd is the migration that the command line names first, and what else it names.
func (s *session) idAnd() (id string, rest []string, err error) {
	args := s.c.Args().Slice()
	if len(args) == 0 {
		return "", nil, fmt.Errorf("name the migration, %s m-…; rekey list shows them", s.c.FullName())
	}
	return args[0], args[1:], nil
}

// noArguments refuses what a command does not take.
func (s *session) noArguments() error {
	if s.c.Args().Present() {
		return fmt.Errorf("%q is too much; see %s --help", s.c.Args().First(), s.c.FullName())
	}
	return nil
}
