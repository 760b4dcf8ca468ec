package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/internal/demo"
)

const demoDescription = `Starts a Temporal server, a simulated AWS with a fleet of canaries, rekey-server and rekey-worker, on free ports;
takes a migration through the gRPC API from its plan to its evidence: two people approve it, it goes wave by wave, its
failure budget is used up, an operator raises that and resumes, and it is reported and closed. Each step is told with the
command that does the same. Nothing is left running.

Exits 0 only if every outcome is the expected one, no run was lost, and none failed because of the migration.

   rekey demo
   rekey demo --keep                              look around afterwards; Ctrl-C ends it
   TEMPORAL_ADDRESS=localhost:7233 rekey demo     on a Temporal server that runs already`

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:        "demo",
		Category:    onThisMachine,
		Usage:       "migrate a simulated fleet, from the first call to the evidence",
		Description: demoDescription,
		Flags: append(stackFlags(),
			&cli.BoolFlag{Name: "keep", Usage: "keep the stack up at the end, until Ctrl-C"},
			&cli.BoolFlag{Name: "plain", Usage: "show progress as lines, on a terminal too"},
			&cli.FloatFlag{Name: "time-scale", Value: demo.TimeScale, Usage: "how many times faster than real time the simulated AWS runs"},
		),
		Action: runDemo,
	}
}

func runDemo(ctx context.Context, c *cli.Command) error {
	config, err := stackConfig(c, c.Float("time-scale"))
	if err != nil {
		return err
	}
	// Several demos may run side by side: each has a directory of its own.
	dir := filepath.Join(c.String("dir"), "demo", "logs", fmt.Sprintf("%s-%d", time.Now().Format("20060102-150405"), os.Getpid()))
	config.Logs = dir
	out := c.Root().Writer
	return demo.Run(ctx, demo.Config{
		Stack: config, FleetFile: filepath.Join(dir, "fleet.yaml"), Out: out, In: c.Root().Reader,
		Terminal: isTerminal(out) && isTerminal(c.Root().Reader) && !c.Bool("plain"), Width: widthOf(out), Keep: c.Bool("keep"),
	})
}
