// Command kill plays the kill matrix: it kills rekey's worker, its server and the Temporal server at every point of a
// scenario, one at a time, and compares what is left in AWS with what an undisturbed play leaves.
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
	err := command().Run(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kill:", err)
		os.Exit(1)
	}
}
