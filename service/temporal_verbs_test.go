package service_test

import (
	"context"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"

	"rekey/service"
	"rekey/workflows"
)

// TestVerbThatComesWithTheNewsThatAllowsIt approves a plan of which the migration's workflow is told while no worker is there.
// The worker that comes gets both in one workflow task, in which the update is held against the state before the news.
func TestVerbThatComesWithTheNewsThatAllowsIt(t *testing.T) {
	server := startServer(t)
	c := server.Client()
	asked := make(chan struct{}, 2)
	caller, err := client.Dial(client.Options{HostPort: server.FrontendHostPort(), ConnectionOptions: client.ConnectionOptions{
		DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(func(
			ctx context.Context, method string, in, out any, conn *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption,
		) error {
			if _, ok := in.(*workflowservice.UpdateWorkflowExecutionRequest); ok {
				asked <- struct{}{}
			}
			return call(ctx, method, in, out, conn, options...)
		})},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(caller.Close)
	work := func() worker.Worker {
		w := worker.New(c, workflows.TaskQueue, worker.Options{})
		w.RegisterWorkflowWithOptions(standInMigration, workflow.RegisterOptions{Name: workflows.MigrationWorkflow})
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		return w
	}
	subject := service.NewTemporal(caller, client.DefaultNamespace)
	if err := subject.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	const id = "m-00000000000000000001"
	first := work()
	if err := subject.Start(t.Context(), service.Start{Input: workflows.MigrationInput{ID: id}}); err != nil {
		t.Fatal(err)
	}
	if _, err := subject.Migration(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	first.Stop()
	if err := c.SignalWorkflow(t.Context(), workflows.MigrationID(id), "", "plan", "digest"); err != nil {
		t.Fatal(err)
	}
	approved := make(chan error)
	go func() {
		_, err := subject.Approve(t.Context(), id, workflows.Approval{Digest: "digest"})
		approved <- err
	}()
	<-asked // which takes less time to arrive than a worker to begin
	t.Cleanup(work().Stop)
	if err := <-approved; err != nil {
		t.Errorf("the plan that is there can't be approved: %v", err)
	}
}
