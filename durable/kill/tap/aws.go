package tap

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"rekey/awssim/sim"
	"rekey/awssim/wire"
	"rekey/durable/kill/point"
	"rekey/internal/stack"
)

// AWS serves one simulated AWS after another at the same address, and stands before each.
type AWS struct {
	names   point.Names
	watcher Watcher
	address string
	server  *http.Server
	world   atomic.Pointer[sim.Sim]
}

// NewAWS listens. Until there is a world, it answers that there is none.
func NewAWS(ctx context.Context, names point.Names, w Watcher) (*AWS, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("before the simulated AWS: %w", err)
	}
	a := &AWS{names: names, watcher: w, address: listener.Addr().String()}
	a.server = &http.Server{Handler: http.HandlerFunc(a.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = a.server.Serve(listener) }() // it ends when it is closed
	return a, nil
}

// Address is where the worker reaches AWS.
func (a *AWS) Address() string { return a.address }

// Use serves a world from now on.
func (a *AWS) Use(s *sim.Sim) {
	inner := s.World.Watch
	s.World.Watch = func(operation string, c *wire.Call, serve func()) {
		a.reached(operation, c, point.Before)
		if inner == nil {
			serve()
		} else {
			inner(operation, c, serve)
		}
		a.reached(operation, c, point.After) // the answer leaves when this returns
	}
	a.world.Store(s)
}

// reached tells of a point. A call whose sender is gone ends without an answer.
func (a *AWS) reached(operation string, c *wire.Call, moment point.Moment) {
	e, ok := point.OfCall(a.names, operation, c, moment)
	if !ok {
		return
	}
	if err := a.watcher.Reached(c.HTTP.Context(), stack.Worker, e); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (a *AWS) serve(w http.ResponseWriter, r *http.Request) {
	world := a.world.Load()
	if world == nil {
		http.Error(w, "there is no world yet", http.StatusServiceUnavailable)
		return
	}
	world.Handler().ServeHTTP(w, r)
}

// Close ends it.
func (a *AWS) Close() { _ = a.server.Close() } // nobody is left whom it could serve
