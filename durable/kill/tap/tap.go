// Package tap stands on the wires between rekey's processes, Temporal and AWS, and tells a watcher of each point that a
// message comes to. What it passes on, it does not change.
package tap

import (
	"context"
	"errors"

	"rekey/durable/kill/point"
)

// Watcher is told of the points. Reached returns when the message may go on, which may take until somebody was killed, and
// fails where it may not: whoever sent it is gone. By is the process that the message is of. It is called by many goroutines
// at once.
type Watcher interface {
	Reached(ctx context.Context, by string, e point.Event) error
}

// ErrGone says that the sender of a message, or who waits for its answer, was killed.
var ErrGone = errors.New("the process that sent this was killed")
