// Package main plays campaigns of faults: in each, a seed draws a world, migrations of it, and what goes wrong meanwhile; then
// the simulated AWS's own journal and verdict, its state and rekey's API say whether an invariant is broken.
//
//	make faults SEEDS=20                          # the seeds 1 to 20
//	make faults SEEDS=17,40-45 FAULTFLAGS=--verbose
//	make faults SEEDS=20 FAULTFLAGS=--resume      # goes on where it was interrupted
//
// The last line counts. The program fails when an invariant is broken, and says how to play that campaign again. A seed
// decides the world and the script; the machine decides the timing, so that the same seed may end differently.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(os.Stdout).Run(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}
