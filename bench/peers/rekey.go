package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	"rekey/bench/ground"
	"rekey/bench/machine"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
)

// rekey is a whole rekey at work, spoken to through its API.
type rekey struct {
	stack *stack.Stack
	at    world
	spec  Workload
	conn  *grpc.ClientConn
	api   rekeyv1.MigrationServiceClient

	id      string
	begun   time.Time
	planned float64 // seconds
	before  map[string]time.Duration
}

func openRekey(ctx context.Context, p place, w Workload, f *fleet.Fleet, file, logs string) (*rekey, error) {
	s, err := stack.Start(ctx, stack.Config{
		Bin: p.bin, Logs: logs, Fleet: file, TimeScale: w.TimeScale, Headless: true,
		Database: filepath.Join(logs, "temporal.db"), // what is measured is what survives
		Credentials: stack.Credentials{
			AccessKeyID: fleet.HubAccessKey, SecretAccessKey: fleet.HubSecret, Region: "us-east-1",
			MemberRole: fleet.MemberRole, ExternalID: fleet.ExternalID,
		},
	})
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient("passthrough:///"+s.Server(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		s.Stop()
		return nil, err
	}
	return &rekey{stack: s, at: world{s.AWS(), f}, spec: w, conn: conn, api: rekeyv1.NewMigrationServiceClient(conn)}, nil
}

func (r *rekey) world() world { return r.at }

// migration is what is asked for. The watch for denials after a revoke is left out, and so is the wait until a canary's run is
// due before it is edited: they are waits that policies ask for, and no other contender has them.
func (r *rekey) migration() *rekeyv1.MigrationSpec {
	accounts, regions := members(r.at.fleet)
	return &rekeyv1.MigrationSpec{
		Selection: &rekeyv1.Selection{AccountIds: accounts, Regions: regions},
		Target:    &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArns: targets(r.at.fleet)},
		Rollout: &rekeyv1.Rollout{
			MaxConcurrentCanariesPerCell: int32(min(r.spec.Window, math.MaxInt32)), //nolint:gosec // bounded
			Edits:                        rekeyv1.EditTiming_EDIT_TIMING_AT_ONCE,
		},
		Waits: &rekeyv1.Waits{AccessSettle: durationpb.New(settle), RevokeWatch: durationpb.New(0)},
	}
}

// begin plans, and approves what was planned.
func (r *rekey) begin(ctx context.Context) error {
	var err error
	if r.before, err = r.cpu(); err != nil {
		return err
	}
	r.begun = time.Now()
	created, err := r.api.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{Spec: r.migration()})
	if err != nil {
		return err
	}
	r.id = created.GetMigration().GetId()
	m, err := r.until(ctx, func(m *rekeyv1.Migration) bool { return m.GetPlan() != nil })
	if err != nil {
		return err
	}
	r.planned = seconds(r.begun)
	_, err = r.api.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: r.id, PlanDigest: m.GetPlan().GetDigest()})
	return err
}

func (r *rekey) finish(ctx context.Context) (Cost, error) {
	m, err := r.until(ctx, func(m *rekeyv1.Migration) bool { return m.GetEndTime() != nil })
	if err != nil {
		return Cost{}, err
	}
	cost := Cost{Seconds: seconds(r.begun), PlanSeconds: r.planned, CPUSeconds: map[string]float64{}}
	after, err := r.cpu()
	if err != nil {
		return cost, err
	}
	for name, used := range after {
		cost.CPUSeconds[name] = (used - r.before[name]).Seconds()
	}
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		return cost, fmt.Errorf("the migration ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	return cost, nil
}

// until watches the migration until it is so.
func (r *rekey) until(ctx context.Context, is func(*rekeyv1.Migration) bool) (*rekeyv1.Migration, error) {
	stream, err := r.api.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: r.id})
	if err != nil {
		return nil, err
	}
	for {
		message, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the migration rests, and not as expected")
		case err != nil:
			return nil, errors.Join(err, r.stack.Err())
		}
		if m := ground.Shown(message); m != nil && is(m) {
			return m, nil
		}
	}
}

// cpu is what the processes have used, but for the simulated AWS.
func (r *rekey) cpu() (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	for name, pid := range r.stack.PIDs() {
		if name == stack.AWS {
			continue
		}
		usage, err := machine.UsageOf(pid)
		if err != nil {
			return nil, err
		}
		used[name] = usage.CPU
	}
	return used, nil
}

func (r *rekey) kill() error { return r.stack.Kill(stack.Worker) }

// again starts the worker that was killed: the migration is where the server of workflows has it.
func (r *rekey) again(ctx context.Context) error { return r.stack.Restart(ctx, stack.Worker) }

func (r *rekey) close() {
	_ = r.conn.Close() // nothing is left to be sent
	r.stack.Stop()
}
