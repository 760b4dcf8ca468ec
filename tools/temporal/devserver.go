package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/testing/freeport"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const (
	// clusterName is the name under which a server without replication knows itself.
	clusterName = "active"
	// loopback carries the traffic between the services of this process.
	loopback = "127.0.0.1"
	// startTimeout bounds the wait for the first healthy answer; 0.5 seconds are usual.
	startTimeout = 30 * time.Second
)

// newServer prepares the storage and returns the four services of Temporal, not started.
func newServer(o options) (temporal.Server, error) {
	dynamic, err := o.dynamicConfig()
	if err != nil {
		return nil, err
	}
	store, err := openStore(o)
	if err != nil {
		return nil, err
	}
	cfg := serverConfig(o, store)
	return temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		// Known hosts instead of a gossip ring: no membership ports, and a start in a fraction of a second.
		temporal.WithStaticHosts(staticHosts(cfg)),
		temporal.WithLogger(newLogger(o)),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
		temporal.WithDynamicConfigClient(dynamic),
	)
}

// serverConfig describes one host that runs every service over one store.
func serverConfig(o options, store *config.SQL) *config.Config {
	var cfg config.Config
	cfg.Global.Membership.MaxJoinDuration = startTimeout
	cfg.Global.Membership.BroadcastAddress = loopback
	cfg.Global.PProf = config.PProf{Port: o.pprof, Host: loopback}
	if o.metrics != 0 {
		cfg.Global.Metrics = &metrics.Config{Prometheus: &metrics.PrometheusConfig{
			ListenAddress: net.JoinHostPort(o.ip, strconv.Itoa(o.metrics)),
			HandlerPath:   "/metrics",
		}}
	}
	cfg.Persistence = config.Persistence{
		DefaultStore:     storeName,
		VisibilityStore:  storeName,
		NumHistoryShards: 1,
		DataStores:       map[string]config.DataStore{storeName: {SQL: store}},
	}
	cfg.ClusterMetadata = &cluster.Config{
		FailoverVersionIncrement: 10,
		MasterClusterName:        clusterName,
		CurrentClusterName:       clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{
			clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: o.frontend()},
		},
	}
	cfg.DCRedirectionPolicy.Policy = "noop"
	cfg.Services = map[string]config.Service{
		string(primitives.FrontendService): service(o.ip, o.port),
		string(primitives.HistoryService):  service(loopback, freeport.MustGetFreePort()),
		string(primitives.MatchingService): service(loopback, freeport.MustGetFreePort()),
		string(primitives.WorkerService):   service(loopback, freeport.MustGetFreePort()),
	}
	cfg.Archival.History.State = config.ArchivalDisabled
	cfg.Archival.Visibility.State = config.ArchivalDisabled
	cfg.NamespaceDefaults.Archival.History.State = config.ArchivalDisabled
	cfg.NamespaceDefaults.Archival.Visibility.State = config.ArchivalDisabled
	cfg.PublicClient.HostPort = o.frontend()
	return &cfg
}

func service(ip string, port int) config.Service {
	return config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: ip}}
}

func staticHosts(cfg *config.Config) map[primitives.ServiceName]static.Hosts {
	hosts := make(map[primitives.ServiceName]static.Hosts, len(cfg.Services))
	for name, s := range cfg.Services {
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(local(s.RPC.BindOnIP, s.RPC.GRPCPort))
	}
	return hosts
}

// newLogger logs to standard error, so that standard output holds nothing but the line of readiness.
func newLogger(o options) log.Logger {
	if o.logLevel == "never" {
		return log.NewNoopLogger()
	}
	format := "console"
	if o.logFormat == "json" {
		format = "json"
	}
	return log.NewZapLogger(log.BuildZapLogger(log.Config{Level: o.logLevel, Format: format}))
}

// waitServing returns when the frontend says that it is healthy.
func waitServing(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("reaching the frontend: %w", err)
	}
	defer func() { _ = conn.Close() }()

	request := &healthpb.HealthCheckRequest{Service: workflowservice.WorkflowService_ServiceDesc.ServiceName}
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		reply, err := healthpb.NewHealthClient(conn).Check(ctx, request, grpc.WaitForReady(true))
		if err == nil && reply.GetStatus() == healthpb.HealthCheckResponse_SERVING {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the frontend: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
