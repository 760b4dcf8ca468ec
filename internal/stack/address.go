package stack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports of processes that are to find their address free when they are started again: below those that systems give to whoever asks
// for any (from 32768 on Linux, from 49152 elsewhere), so that nobody takes them meanwhile.
const (
	firstPort = 20000
	lastPort  = 29999
)

// Listen listens on a loopback address that stays free when it is closed.
func Listen(ctx context.Context) (net.Listener, error) {
	const tries = 100
	var err error
	for range tries {
		var l net.Listener
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(lastPort-firstPort+1)) //nolint:gosec // not a secret
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no port is free on this machine: %w", err)
}
