// Command rekey is the command line of rekey: it steers migrations through the API, and runs rekey on this machine, as a
// demo, as a stack for development, or as the simulated AWS alone.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

// run runs the command line, and returns what the program exits with.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := command(os.Stdout, os.Stderr).Run(ctx, os.Args)
	code := exitCode(err, ctx.Err() != nil)
	if code != 0 && code != exitInterrupted {
		fmt.Fprintln(os.Stderr, "rekey:", err)
	}
	return code
}
