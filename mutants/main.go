// Command mutants seeds bugs into rekey, one at a time, and runs the tests that are to catch each. It prints what was
// seeded and what was caught, and fails when a bug went unnoticed or its place in the source is not there any more.
//
// The source is not touched: the go command overlays the changed file (go build -overlay).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().Run(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func command() *cli.Command {
	return &cli.Command{
		Name:  "mutants",
		Usage: "seed bugs, and see whether the tests catch them",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "only", Usage: "the name of the only bug to seed"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			list, err := Mutants()
			if err != nil {
				return err
			}
			return hunt(ctx, os.Stdout, list, c.String("only"))
		},
	}
}
