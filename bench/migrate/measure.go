package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rekey/awssim/fleet"
	"rekey/bench/machine"
	"rekey/bench/record"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
)

// place is where the programs are and the files go.
type place struct {
	bin, out string
	inMemory bool
	profile  bool
}

// measure migrates a generated fleet and says what that cost.
func measure(ctx context.Context, w Workload, at place) (*Result, error) {
	versions, err := machine.VersionsOf(ctx, at.bin)
	if err != nil {
		return nil, err
	}
	f := w.fleet()
	running, err := startStack(ctx, f, w, at)
	if err != nil {
		return nil, err
	}
	defer running.Stop()
	conn, err := grpc.NewClient(running.Server(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	b := &bench{w: w, out: at.out, stack: running, api: rekeyv1.NewMigrationServiceClient(conn)}
	r := &Result{Workload: w, Machine: machine.This(), Versions: versions}
	return r, b.run(ctx, w.spec(f), r)
}

func startStack(ctx context.Context, f *fleet.Fleet, w Workload, at place) (*stack.Stack, error) {
	logs := filepath.Join(at.out, "logs")
	if err := os.MkdirAll(logs, 0o750); err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(f)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(at.out, "fleet.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	database, err := freshDatabase(at)
	if err != nil {
		return nil, err
	}
	return stack.Start(ctx, stack.Config{
		Bin: at.bin, Logs: logs, Fleet: file, TimeScale: w.TimeScale, Headless: true, Database: database, Metrics: true, Profiles: at.profile,
		StartTimeout: startTimeout,
		Credentials: stack.Credentials{
			AccessKeyID: fleet.HubAccessKey, SecretAccessKey: fleet.HubSecret, Region: "us-east-1",
			MemberRole: fleet.MemberRole, ExternalID: fleet.ExternalID,
		},
	})
}

// startTimeout is how long a large fleet may take to be read.
const startTimeout = 5 * time.Minute

// freshDatabase is the name of a file for Temporal's state that isn't there; empty for memory.
func freshDatabase(at place) (string, error) {
	if at.inMemory {
		return "", nil
	}
	database := filepath.Join(at.out, "temporal.db")
	for _, suffix := range []string{"", "-wal", "-shm"} { // as SQLite names the files of a write-ahead log
		if err := os.Remove(database + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return database, nil
}

// bench is one measurement under way.
type bench struct {
	w     Workload
	out   string
	stack *stack.Stack
	api   rekeyv1.MigrationServiceClient
}

func (b *bench) run(ctx context.Context, spec *rekeyv1.MigrationSpec, r *Result) error {
	begin := time.Now()
	created, err := b.api.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		return err
	}
	id := created.GetMigration().GetId()
	m, err := b.await(ctx, id, func(m *rekeyv1.Migration) bool { return m.GetPlan() != nil })
	if err != nil {
		return err
	}
	defer b.profiled(ctx)()
	r.PlanSeconds = record.Round(time.Since(begin).Seconds())
	before, err := b.observe(ctx)
	if err != nil {
		return err
	}
	approved := time.Now()
	_, err = b.api.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: m.GetPlan().GetDigest()})
	if err != nil {
		return err
	}
	m, err = b.await(ctx, id, func(m *rekeyv1.Migration) bool { return m.GetEndTime() != nil })
	if err != nil {
		return err
	}
	r.MigrateSeconds = record.Round(time.Since(approved).Seconds())
	after, err := b.observe(ctx)
	if err != nil {
		return err
	}
	r.fill(before, after)
	if err := b.judge(ctx, r); err != nil {
		return err
	}
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		return fmt.Errorf("the migration ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	return nil
}

// await watches the migration until it is so.
func (b *bench) await(ctx context.Context, id string, is func(*rekeyv1.Migration) bool) (*rekeyv1.Migration, error) {
	stream, err := b.api.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: id})
	if err != nil {
		return nil, err
	}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the migration rests, and not as expected")
		}
		if err != nil {
			return nil, err
		}
		m := message.GetSnapshot()
		if m == nil {
			m = message.GetChange()
		}
		if m != nil && is(m) {
			return m, nil
		}
		select {
		case <-b.stack.Dead():
			return nil, b.stack.Err()
		default:
		}
	}
}
