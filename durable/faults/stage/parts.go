package stage

import (
	"context"
	"io"
	"net"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rekey/awssim/fleet"
	"rekey/durable/faults/script"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/worker"
)

// attempts is how many times a Temporal server is started: another program may take the port that was found free.
const attempts = 3

func (s *Stage) startTemporal(ctx context.Context, program string) error {
	options := testsuite.DevServerOptions{
		ExistingPath: program, LogLevel: "error", Stdout: io.Discard, Stderr: io.Discard,
		ClientOptions: &client.Options{Logger: log.NewStructuredLogger(s.logger)},
	}
	for _, attribute := range []string{workflows.StateAttribute, workflows.AccountAttribute, workflows.RegionAttribute} {
		options.ExtraArgs = append(options.ExtraArgs, "--search-attribute", attribute+"=Keyword")
	}
	var err error
	for range attempts {
		var server *testsuite.DevServer
		if server, err = testsuite.StartDevServer(ctx, options); err == nil {
			s.temporal = server.Client()
			s.atEnd(func() { _ = server.Stop() }) // it holds nothing that is missed
			return nil
		}
	}
	return err
}

func (s *Stage) startWorker(ctx context.Context) error {
	access, err := aws.New(ctx, aws.Config{
		ExternalID: fleet.ExternalID, EndpointURL: s.Endpoint,
		Base: &awssdk.Config{
			Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(fleet.HubAccessKey, fleet.HubSecret, ""),
		},
	})
	if err != nil {
		return err
	}
	w := worker.New(s.temporal, worker.Config{Access: access})
	if err := w.Start(); err != nil {
		return err
	}
	s.worker = w
	return nil
}

func (s *Stage) stopWorker() {
	if s.worker != nil {
		s.worker.Stop()
		s.worker = nil
	}
}

// RestartWorker stops the worker and starts another, which has nothing in its cache.
func (s *Stage) RestartWorker(ctx context.Context) error {
	s.stopWorker()
	return s.startWorker(ctx)
}

func (s *Stage) startServer(ctx context.Context, scale float64) error {
	server, err := service.New(service.Config{Workflows: service.NewTemporal(s.temporal, client.DefaultNamespace), TimeScale: scale, Log: s.logger})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- server.Run(running, listener) }()
	s.atEnd(func() {
		stop()
		if err := <-done; err != nil {
			s.logger.Warn("the server ended", "error", err)
		}
	})
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	s.atEnd(func() { _ = conn.Close() })
	s.API = rekeyv1.NewMigrationServiceClient(conn)
	return nil
}

// Owner is a client of the owner of an account, who may do everything there.
func (s *Stage) Owner(account, region string) *synthetics.Client {
	owner := script.Owner(account)
	return synthetics.New(synthetics.Options{
		Region: region, BaseEndpoint: &s.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(owner.AccessKey, owner.Secret, ""),
	})
}
