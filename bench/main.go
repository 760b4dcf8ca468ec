// Command bench measures rekey: each sub-command prints its figures, writes them as JSON, and ends in one line of counts.
// It exits with a failure when an invariant is broken.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"rekey/bench/control"
	"rekey/bench/designs"
	"rekey/bench/edits"
	"rekey/bench/limiter"
	"rekey/bench/load"
	"rekey/bench/migrate"
	"rekey/bench/peers"
	"rekey/bench/performance"
	"rekey/bench/suite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().Run(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command() *cli.Command {
	return &cli.Command{
		Name:  "bench",
		Usage: "measure rekey on this machine",
		Commands: []*cli.Command{
			migrate.Command(), designs.Command(), limiter.Command(), load.Command(), control.Command(), peers.Command(),
			edits.Command(), suite.Command(), performance.Command(),
		},
	}
}
