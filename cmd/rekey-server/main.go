// Command rekey-server serves the gRPC API of rekey: its calls start, ask and steer workflows in Temporal. It holds
// no AWS permission and links no AWS SDK; rekey-worker acts.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := command(os.Stdout, os.Stderr).Run(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "rekey-server:", err)
		os.Exit(1)
	}
}
