package load

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"rekey/bench/ground"
	"rekey/bench/machine"
	rekeyv1 "rekey/gen/rekey/v1"
)

// bench is one measurement under way.
type bench struct {
	load   Load
	ground *ground.Ground
	id     string // of the migration under way
	names  []*rekeyv1.CanaryName
	result *Result
}

func measure(ctx context.Context, p plan, at ground.Place) (*Result, error) {
	versions, err := machine.VersionsOf(ctx, at.Bin)
	if err != nil {
		return nil, err
	}
	g, err := ground.Start(ctx, p.workload, at)
	if err != nil {
		return nil, err
	}
	defer g.Stop()
	b := &bench{load: p.load, ground: g, result: &Result{
		Machine: machine.This(), Versions: versions, Workload: p.workload, Load: p.load,
	}}
	for _, c := range g.Fleet.Canaries {
		b.names = append(b.names, &rekeyv1.CanaryName{AccountId: c.Account, Region: c.Region, CanaryName: c.Name})
	}
	if b.id, err = g.Begin(ctx); err != nil {
		return nil, err
	}
	b.result.Memory.Before, _ = b.serverMemory()
	err = b.run(ctx)
	b.result.Memory.After, b.result.Memory.Peak = b.serverMemory()
	return b.result, err
}

// run is what is done to the server, in its order.
func (b *bench) run(ctx context.Context) error {
	watching, err := b.watch(ctx)
	if err != nil {
		return fmt.Errorf("watching: %w", err)
	}
	defer watching.close()
	profiled := b.ground.Profile(ctx, time.Duration(len(b.load.Rates))*b.load.Step, "load-")
	for _, rate := range b.load.Rates {
		step, err := b.step(ctx, rate)
		if err != nil {
			return fmt.Errorf("%d calls a second: %w", rate, err)
		}
		b.result.Steps = append(b.result.Steps, step)
	}
	if err := profiled(); err != nil {
		return err
	}
	if err := b.stall(ctx); err != nil {
		return fmt.Errorf("without a worker: %w", err)
	}
	if err := b.pause(ctx, watching); err != nil {
		return fmt.Errorf("pausing: %w", err)
	}
	if err := b.attack(ctx); err != nil {
		return fmt.Errorf("hostile input: %w", err)
	}
	b.result.Watches, err = watching.await(ctx)
	return err
}

// lasts is how long a state lasts that every watcher has to see; changes within the poll interval are folded into one.
const lasts = 3 * time.Second

// pause makes the migration pass through states that last, and cuts watches off in one of them.
func (b *bench) pause(ctx context.Context, watching *watching) error {
	if _, err := b.ground.API.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: b.id}); err != nil {
		return err
	}
	if err := wait(ctx, lasts); err != nil {
		return err
	}
	watching.cut()
	if _, err := b.ground.API.ResumeMigration(ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: b.id}); err != nil {
		return err
	}
	return wait(ctx, lasts)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// caller is one connection to the server, with its clients.
type caller struct {
	conn       *grpc.ClientConn
	migrations rekeyv1.MigrationServiceClient
	health     healthv1.HealthClient
}

func (b *bench) dial(options ...grpc.DialOption) (*caller, error) {
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	conn, err := grpc.NewClient(b.ground.Stack.Server(), options...)
	if err != nil {
		return nil, err
	}
	return &caller{conn, rekeyv1.NewMigrationServiceClient(conn), healthv1.NewHealthClient(conn)}, nil
}

// dialAll dials several connections. They are closed by the function that is returned.
func (b *bench) dialAll(n int) (callers []*caller, closeAll func(), err error) {
	closeAll = func() {
		for _, c := range callers {
			_ = c.conn.Close()
		}
	}
	for range n {
		c, err := b.dial()
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		callers = append(callers, c)
	}
	return callers, closeAll, nil
}
