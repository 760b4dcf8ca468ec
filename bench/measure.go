package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
)

// measure migrates a generated fleet and says what that cost.
func measure(ctx context.Context, w Workload, bin, out string) (*Result, error) {
	f := fleet.Generate(fleet.GeneratorConfig{
		Seed: w.Seed, Accounts: w.Accounts, RegionsPerAccount: 2, Canaries: w.Canaries,
		Schedule: "rate(1 hour)", CentralTarget: true, TimeScale: w.TimeScale,
	})
	w.Cells = 2 * w.Accounts
	running, err := startStack(ctx, f, w, bin, out)
	if err != nil {
		return nil, err
	}
	defer running.Stop()
	conn, err := grpc.NewClient(running.Server(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	b := &bench{w: w, stack: running, api: rekeyv1.NewMigrationServiceClient(conn)}
	return b.run(ctx, specOf(f, w))
}

func startStack(ctx context.Context, f *fleet.Fleet, w Workload, bin, out string) (*stack.Stack, error) {
	logs := filepath.Join(out, "logs")
	if err := os.MkdirAll(logs, 0o750); err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(f)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(out, "fleet.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	return stack.Start(ctx, stack.Config{
		Bin: bin, Logs: logs, Fleet: file, TimeScale: w.TimeScale, Headless: true,
		Credentials: stack.Credentials{
			AccessKeyID: fleet.HubAccessKey, SecretAccessKey: fleet.HubSecret, Region: "us-east-1",
			MemberRole: fleet.MemberRole, ExternalID: fleet.ExternalID,
		},
	})
}

// specOf selects the whole fleet. Grants need no settling time here: the generated world makes them effective
// while the canary is being updated, and what is measured is the work, not the wait.
func specOf(f *fleet.Fleet, w Workload) *rekeyv1.MigrationSpec {
	var accounts, regions, keys []string
	for _, account := range f.Accounts {
		if account.ID != fleet.HubAccount {
			accounts, regions = append(accounts, account.ID), account.Regions
		}
	}
	for _, key := range f.TargetKeys() { // one for each account that it is shared with
		if !slices.Contains(keys, key.ARN) {
			keys = append(keys, key.ARN)
		}
	}
	return &rekeyv1.MigrationSpec{
		Selection: &rekeyv1.Selection{AccountIds: accounts, Regions: regions},
		Target:    &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArns: keys},
		Rollout:   &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: int32(min(w.Concurrency, math.MaxInt32))}, //nolint:gosec // bounded
		Waits:     &rekeyv1.Waits{AccessSettle: durationpb.New(time.Minute)},
	}
}

// bench is one measurement under way.
type bench struct {
	w     Workload
	stack *stack.Stack
	api   rekeyv1.MigrationServiceClient
}

func (b *bench) run(ctx context.Context, spec *rekeyv1.MigrationSpec) (*Result, error) {
	begin := time.Now()
	created, err := b.api.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		return nil, err
	}
	id := created.GetMigration().GetId()
	m, err := b.await(ctx, id, func(m *rekeyv1.Migration) bool { return m.GetPlan() != nil })
	if err != nil {
		return nil, err
	}
	r := &Result{Workload: b.w, Machine: thisMachine(), PlanSeconds: round(time.Since(begin).Seconds())}
	before, err := b.observe(ctx)
	if err != nil {
		return nil, err
	}
	approved := time.Now()
	_, err = b.api.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: m.GetPlan().GetDigest()})
	if err != nil {
		return nil, err
	}
	m, err = b.await(ctx, id, func(m *rekeyv1.Migration) bool { return m.GetEndTime() != nil })
	if err != nil {
		return nil, err
	}
	r.MigrateSeconds = round(time.Since(approved).Seconds())
	after, err := b.observe(ctx)
	if err != nil {
		return nil, err
	}
	r.fill(before, after)
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		return r, fmt.Errorf("the migration ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	return r, nil
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

// fill works out the costs per canary between two observations.
func (r *Result) fill(before, after observation) {
	n := float64(r.Workload.Canaries)
	r.CanariesPerSecond = round(n / r.MigrateSeconds)
	r.Calls, r.CPU, r.MemoryMB = map[string]float64{}, map[string]float64{}, map[string]float64{}
	var sum, planned int64
	for operation, count := range after.calls {
		planned += before.calls[operation]
		sum += count - before.calls[operation]
		if spent := count - before.calls[operation]; spent > 0 {
			r.Calls[operation] = round(float64(spent) / n)
		}
	}
	r.CallsPerCanary, r.CallsToPlan = round(float64(sum)/n), round(float64(planned)/n)
	r.EventsPerCanary = round(float64(after.events) / n)
	for process, used := range after.processes {
		r.CPU[process] = round((used.cpu - before.processes[process].cpu).Seconds() * 1000 / n)
		r.MemoryMB[process] = round(float64(used.memory) / (1 << 20))
	}
	r.RunsLost, r.RunsCaused = after.lost, after.caused
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
