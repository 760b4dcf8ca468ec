// Command plain moves canaries to a new key the way a good engineer would write it in a day: goroutines, the AWS SDK with its
// standard retries, and nothing that remembers. It is what rekey is measured against, and knows nothing of rekey.
//
// It takes the canaries of the given accounts and Regions that are not under the new key yet, so that it can be started
// again after it was stopped. It knows access by grants alone, and runtimes with dry runs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v3"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().Run(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
}

// settings are what the program is told.
type settings struct {
	accounts, regions  []string
	keys               []string // ARNs, one for each Region
	role, externalID   string   // of the accounts
	perCell            int      // canaries of an account and Region at a time
	serial             bool     // one canary after the other, over all accounts and Regions
	settle             time.Duration
	simulatedPerSecond float64
}

func command() *cli.Command {
	return &cli.Command{
		Name:  "plain",
		Usage: "move canaries to a new key by goroutines, without durability",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "account", Required: true, Usage: "`ID` of an account"},
			&cli.StringSliceFlag{Name: "region", Required: true, Usage: "`REGION` of the canaries"},
			&cli.StringSliceFlag{Name: "key", Required: true, Usage: "`ARN` of the new key, one for each Region"},
			&cli.StringFlag{Name: "role", Required: true, Usage: "`NAME` of the role to assume in each account"},
			&cli.StringFlag{Name: "external-id", Usage: "external `ID` that the roles ask for"},
			&cli.IntFlag{Name: "concurrency", Value: 50, Usage: "canaries of an account and Region at a time"},
			&cli.BoolFlag{Name: "serial", Usage: "one canary after the other"},
			&cli.DurationFlag{Name: "settle", Value: time.Minute, Usage: "how long a new grant takes to be effective"},
			&cli.FloatFlag{Name: "time-scale", Value: 1, Usage: "how many times faster than real time AWS runs"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			return run(ctx, settings{
				accounts: c.StringSlice("account"), regions: c.StringSlice("region"), keys: c.StringSlice("key"),
				role: c.String("role"), externalID: c.String("external-id"),
				perCell: max(c.Int("concurrency"), 1), serial: c.Bool("serial"),
				settle: c.Duration("settle"), simulatedPerSecond: c.Float("time-scale"),
			})
		},
	}
}
