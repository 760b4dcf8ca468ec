// Command temporal is the Temporal server for development, rehearsals and tests: all of its services,
// SQLite and the web UI in one process.
//
// It takes the arguments of "temporal server start-dev", so that the SDK's testsuite.StartDevServer
// starts it through DevServerOptions.ExistingPath. It is a module of its own because the server's
// dependencies must not touch those of rekey, and it is not meant for production.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"
	"go.temporal.io/server/common/headers"
)

func main() {
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal has begun the shutdown, a second one ends the process at once.
	context.AfterFunc(ctx, restore)

	if err := command().Run(ctx, os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "temporal:", err)
		os.Exit(1)
	}
}

// command returns the command line: temporal server start-dev [flags].
func command() *cli.Command {
	return &cli.Command{
		Name:    "temporal",
		Usage:   "a Temporal server for development and tests",
		Version: headers.ServerVersion,
		Commands: []*cli.Command{{
			Name:     "server",
			Usage:    "run a server",
			Commands: []*cli.Command{startDev()},
		}},
	}
}

// startDev returns the command that serves until the context ends.
func startDev() *cli.Command {
	var o options
	return &cli.Command{
		Name:  "start-dev",
		Usage: "serve from SQLite, with the web UI, until SIGINT or SIGTERM",
		Flags: o.flags(),
		// A dynamic config value is JSON, in which a comma separates nothing of ours.
		DisableSliceFlagSeparator: true,
		Action: func(ctx context.Context, _ *cli.Command) error {
			if err := o.complete(); err != nil {
				return err
			}
			return serve(ctx, o)
		},
	}
}

// serve runs the server and its UI, says on standard output when both answer, and stops them when ctx ends.
func serve(ctx context.Context, o options) error {
	server, err := newServer(o)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	defer func() { _ = server.Stop() }()

	if err := waitServing(ctx, o.frontend()); err != nil {
		return err
	}
	if o.headless {
		fmt.Printf("temporal: serving %s\n", o.frontend())
	} else {
		stop, err := startUI(ctx, o)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Printf("temporal: serving %s, UI %s\n", o.frontend(), o.uiURL())
	}
	<-ctx.Done()
	return nil
}
