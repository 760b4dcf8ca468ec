package service

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Bounds of what callers may ask of a server.
const (
	// maxRequestBytes is several times the largest valid request.
	maxRequestBytes = 1 << 20
	// maxReplyBytes is what gRPC clients take without being told to take more. No reply comes near it.
	maxReplyBytes = 4 << 20
	// maxHeaderBytes is many times what a caller's metadata come to; gRPC's own bound is 16 MB for each call.
	maxHeaderBytes = 64 << 10
	// maxStreams is how many calls one connection may have in flight.
	maxStreams = 1000
	// maxGreeting is how long a new connection may take for TLS and HTTP/2 to be agreed on.
	maxGreeting = 10 * time.Second
	// maxIdle is how long a connection without calls is kept. Clients connect again by themselves.
	maxIdle = 5 * time.Minute
	// aliveInterval is how often a silent connection is probed.
	aliveInterval = time.Minute
	// minClientPing is how often a client may probe; many stacks do it every 10 seconds.
	minClientPing = 5 * time.Second
)

// Run serves on the listener until the context ends, and then lets calls come to their end for Config.StopTimeout.
// A watch is ended at once, with UNAVAILABLE: it would go on for hours, and its client goes on with its cursor.
// A Service runs once.
func (s *Service) Run(ctx context.Context, listener net.Listener) error {
	server := grpc.NewServer(s.options()...)
	states := health.NewServer()
	rekeyv1.RegisterMigrationServiceServer(server, s)
	rekeyv1.RegisterFleetServiceServer(server, s)
	healthv1.RegisterHealthServer(server, states)
	if err := registerReflection(server); err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { s.watchTemporal(ctx, states) })
	running.Go(func() {
		<-ctx.Done()
		states.Shutdown()
		s.stop(server)
	})
	err := server.Serve(netutil.LimitListener(listener, s.config.MaxConnections))
	cancel()
	running.Wait()
	if errors.Is(err, grpc.ErrServerStopped) { // the context had ended before
		return nil
	}
	return err
}

func (s *Service) options() []grpc.ServerOption {
	options := append(s.interceptors(),
		grpc.InTapHandle(s.admission.enter),
		grpc.MaxRecvMsgSize(maxRequestBytes),
		grpc.MaxSendMsgSize(maxReplyBytes),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.ConnectionTimeout(maxGreeting),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: maxIdle, Time: aliveInterval}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minClientPing, PermitWithoutStream: true}),
	)
	if s.config.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.config.TLS)))
	}
	return options
}

// stop takes no more calls, ends watches, and waits for the other calls for a bounded time.
func (s *Service) stop(server *grpc.Server) {
	s.stopOnce.Do(func() { close(s.stopping) })
	late := time.AfterFunc(s.config.StopTimeout, server.Stop)
	defer late.Stop()
	server.GracefulStop()
}
