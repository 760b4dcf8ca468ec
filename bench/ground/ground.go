// Package ground is what benchmarks of a migration under way stand on: a whole rekey on this machine, a generated fleet, and
// a migration of it that is kept from ending by how long access has to settle.
package ground

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"rekey/awssim/fleet"
	"rekey/bench/machine"
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
	// Metrics lets Temporal serve its metrics.
	Metrics bool
	// Database is the file that keeps Temporal's state, with a write-ahead log; in memory when empty.
	Database string
}

// startTimeout is how long a large fleet may take to be read.
const startTimeout = 5 * time.Minute

// Ground is a rekey with a fleet.
type Ground struct {
	Workload Workload
	Fleet    *fleet.Fleet
	Stack    *stack.Stack
	Place    Place
	// API is a client of its own connection, which no load is on.
	API rekeyv1.MigrationServiceClient

	conn *grpc.ClientConn
}

// Start starts a rekey with the fleet of a workload.
func Start(ctx context.Context, w Workload, at Place) (*Ground, error) {
	g, err := Serve(ctx, w.fleet(), at)
	if err != nil {
		return nil, err
	}
	g.Workload = w
	return g, nil
}

// Serve starts a rekey with any fleet, and no workload.
func Serve(ctx context.Context, f *fleet.Fleet, at Place) (*Ground, error) {
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
		Bin: at.Bin, Logs: logs, Fleet: file, TimeScale: f.TimeScale, Headless: true, ServerArgs: at.ServerArgs, Profiles: at.Profiles,
		Metrics: at.Metrics, Database: at.Database, StartTimeout: startTimeout,
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
	return &Ground{Fleet: f, Stack: running, Place: at, API: rekeyv1.NewMigrationServiceClient(conn), conn: conn}, nil
}

// Connection is API's.
func (g *Ground) Connection() *grpc.ClientConn { return g.conn }

// Used is what each process has used so far.
func (g *Ground) Used() (map[string]machine.Usage, error) {
	used := map[string]machine.Usage{}
	for name, pid := range g.Stack.PIDs() {
		var err error
		if used[name], err = machine.UsageOf(pid); err != nil {
			return nil, err
		}
	}
	return used, nil
}

// Stop ends everything.
func (g *Ground) Stop() {
	_ = g.conn.Close()
	g.Stack.Stop()
}

// Begin creates a migration of the whole fleet, approves its plan and returns its id.
func (g *Ground) Begin(ctx context.Context) (string, error) {
	m, err := g.Plan(ctx, g.Workload.Spec(g.Fleet))
	if err != nil {
		return "", err
	}
	return m.GetId(), g.Approve(ctx, m)
}

// Plan creates a migration, and returns it when it has a plan.
func (g *Ground) Plan(ctx context.Context, spec *rekeyv1.MigrationSpec) (*rekeyv1.Migration, error) {
	created, err := g.API.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		return nil, err
	}
	m, err := g.Await(ctx, created.GetMigration().GetId(), func(m *rekeyv1.Migration) bool { return m.GetPlan() != nil })
	if err != nil {
		return nil, fmt.Errorf("planning: %w", err)
	}
	return m, nil
}

// Approve approves a migration's plan.
func (g *Ground) Approve(ctx context.Context, m *rekeyv1.Migration) error {
	_, err := g.API.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: m.GetId(), PlanDigest: m.GetPlan().GetDigest()})
	return err
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
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("migration %s rests, and not as expected", id)
		}
		if err := cmp.Or(g.Stack.Err(), err); err != nil {
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
