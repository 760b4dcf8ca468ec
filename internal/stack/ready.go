package stack

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// probeEvery is how often a process that starts is asked whether it is ready.
const probeEvery = 50 * time.Millisecond

// probe is a question that a process answers without an error once it is ready.
type probe func(ctx context.Context) error

func (s *Stack) probe(p *process) probe {
	switch p.name {
	case Temporal:
		return s.temporal.healthy
	case AWS:
		return get(s.AWS() + "/_awssim/health")
	case Server:
		return serving(s.cfg.ServerAddress, "rekey.v1.MigrationService")
	default:
		return func(ctx context.Context) error { return s.temporal.polledBy(ctx, p.cmd.Process.Pid) }
	}
}

// await asks until the answer is without error, the process has ended or the time is up. Without a process only
// time ends it.
func (s *Stack) await(ctx context.Context, p *process, ready probe) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.StartTimeout, errTooLate)
	defer cancel()
	var gone chan struct{}
	if p != nil {
		gone = p.done
	}
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-gone:
			return p.death()
		case <-ctx.Done():
			return late(ctx, p, err)
		case <-again.C:
		}
	}
}

var errTooLate = fmt.Errorf("no answer in time")

func late(ctx context.Context, p *process, last error) error {
	cause := context.Cause(ctx)
	if p == nil || cause != errTooLate { //nolint:errorlint // the very value that await set
		return fmt.Errorf("%w: %w", cause, last)
	}
	return fmt.Errorf("%s: %w: %w; its log is %s, and ends with:\n%s", p.name, cause, last, p.log, tail(p.log))
}

// get is ready when a GET of the URL is answered with 200.
func get(url string) probe {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		reply, err := direct.Do(request)
		if err != nil {
			return err
		}
		defer reply.Body.Close()
		if reply.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, reply.Status)
		}
		return nil
	}
}

// direct takes no proxy: everything it talks to is on this machine.
var direct = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// serving is ready when the gRPC health service at the address calls the service SERVING.
func serving(address, service string) probe {
	return func(ctx context.Context) error {
		conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer conn.Close()
		reply, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{Service: service})
		if err != nil {
			return err
		}
		if reply.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			return fmt.Errorf("%s at %s is %s", service, address, reply.GetStatus())
		}
		return nil
	}
}
