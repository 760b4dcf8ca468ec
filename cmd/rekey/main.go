// Command rekey runs rekey on this machine: a demo, a stack for development, and the simulated AWS alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"rekey/internal/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := command(os.Stdout, os.Stderr).Run(ctx, os.Args)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case interrupted && errors.Is(err, context.Canceled):
		os.Exit(130) // as shells report a program that Ctrl-C ended
	case errors.Is(err, demo.ErrUnexpected):
		fmt.Fprintln(os.Stderr, "rekey:", err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "rekey:", err)
		os.Exit(2)
	}
}
