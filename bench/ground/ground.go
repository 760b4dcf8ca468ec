// Package ground is what benchmarks of a migration under way stand on: a whole rekey on this machine, a generated fleet, and
// a migration of it that is kept from ending by how long access has to settle.
package ground

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
)

// Place is where the programs are and files go.
type Place struct {
	// Bin is the directory of the programs, Out the one of logs and other files.
	Bin, Out string
	// ServerArgs are further arguments of rekey-server.
	ServerArgs []string
	// Profiles lets the processes be profiled.
	Profiles bool
	// Database is the file that keeps Temporal's state, with a write-ahead log; in memory when empty.
	Database string
}

// Ground is a rekey with a fleet.
type Ground struct {
	Workload Workload
	Fleet    *fleet.Fleet
	Stack    *stack.Stack
	// API is a client of its own connection, which no load is on.
	API rekeyv1.MigrationServiceClient

	conn *grpc.ClientConn
}

// Start starts a rekey.
func Start(ctx context.Context, w Workload, at Place) (*Ground, error) {
	f := w.fleet()
	logs := filepath.Join(at.Out, "logs")
	if err := os.MkdirAll(logs, 0o750); err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(f)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(at.Out, "fleet.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	running, err := stack.Start(ctx, stack.Config{
		Bin: at.Bin, Logs: logs, Fleet: file, TimeScale: w.TimeScale, Headless: true, ServerArgs: at.ServerArgs, Profiles: at.Profiles,
		Database: at.Database,
		Credentials: stack.Credentials{
			AccessKeyID: fleet.HubAccessKey, SecretAccessKey: fleet.HubSecret, Region: "us-east-1",
			MemberRole: fleet.MemberRole, ExternalID: fleet.ExternalID,
		},
	})
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(running.Server(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		running.Stop()
		return nil, err
	}
	return &Ground{Workload: w, Fleet: f, Stack: running, API: rekeyv1.NewMigrationServiceClient(conn), conn: conn}, nil
}

// Connection is API's.
func (g *Ground) Connection() *grpc.ClientConn { return g.conn }

// Stop ends everything.
func (g *Ground) Stop() {
	_ = g.conn.Close()
	g.Stack.Stop()
}

// Begin creates a migration of the whole fleet, approves its plan and returns its id.
func (g *Ground) Begin(ctx context.Context) (string, error) {
	created, err := g.API.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{Spec: g.Workload.Spec(g.Fleet)})
	if err != nil {
		return "", err
	}
	id := created.GetMigration().GetId()
	m, err := g.Await(ctx, id, func(m *rekeyv1.Migration) bool { return m.GetPlan() != nil })
	if err != nil {
		return "", fmt.Errorf("planning: %w", err)
	}
	_, err = g.API.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: m.GetPlan().GetDigest()})
	return id, err
}

// Await watches a migration until it is so. A machine that is busy may keep a worker from answering for a while; that passes.
func (g *Ground) Await(ctx context.Context, id string, is func(*rekeyv1.Migration) bool) (*rekeyv1.Migration, error) {
	for {
		m, err := g.await(ctx, id, is)
		if status.Code(err) != codes.Unavailable || g.Stack.Err() != nil {
			return m, err
		}
	}
}

func (g *Ground) await(ctx context.Context, id string, is func(*rekeyv1.Migration) bool) (*rekeyv1.Migration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := g.API.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: id})
	if err != nil {
		return nil, err
	}
	for {
		message, err := stream.Recv()
		if err != nil {
			return nil, fmt.Errorf("waiting for migration %s: %w", id, err)
		}
		if m := Shown(message); m != nil && is(m) {
			return m, nil
		}
	}
}

// Shown is the migration that a watch's message shows; nil of a heartbeat.
func Shown(message *rekeyv1.WatchMigrationResponse) *rekeyv1.Migration {
	if m := message.GetSnapshot(); m != nil {
		return m
	}
	return message.GetChange()
}

// InFlight is how many canaries of a migration are in the middle of their story.
func InFlight(m *rekeyv1.Migration) int {
	n := 0
	for _, step := range m.GetProgress().GetSteps() {
		n += int(step.GetCount())
	}
	return n
}
