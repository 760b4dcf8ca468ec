// Command bench measures a migration of a generated fleet through the gRPC API: canaries migrated per second, AWS
// calls per canary, CPU and history events per canary. It prints them and writes them as JSON.
//
// The fleet runs on a clock that is fast enough for no canary to wait for its schedule, and everything runs on this
// machine, the simulated AWS included; the figures are for comparing with one another, not with AWS.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/urfave/cli/v3"
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
		Usage: "measure the migration of a generated fleet",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Value: "build/bench", Usage: "directory for the results, as JSON"},
			&cli.StringFlag{Name: "bin", Value: "build/bin", Usage: "directory of the programs"},
			&cli.IntFlag{Name: "canaries", Value: 1000, Usage: "how many canaries the fleet has"},
			&cli.IntFlag{Name: "accounts", Value: 5, Usage: "over how many accounts, of two Regions each"},
			&cli.IntFlag{Name: "concurrency", Value: 50, Usage: "canaries of a cell that are migrated at a time"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the generated fleet"},
			&cli.FloatFlag{Name: "time-scale", Value: 60, Usage: "simulated seconds in a real one"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			result, err := measure(ctx, Workload{
				Canaries: c.Int("canaries"), Accounts: c.Int("accounts"), Concurrency: c.Int("concurrency"),
				Seed: c.Uint64("seed"), TimeScale: c.Float("time-scale"),
			}, c.String("bin"), c.String("out"))
			if err != nil {
				return err
			}
			result.print(os.Stdout)
			file := filepath.Join(c.String("out"), fmt.Sprintf("migration-%d.json", result.Workload.Canaries))
			fmt.Println("written to", file)
			return result.write(file)
		},
	}
}
