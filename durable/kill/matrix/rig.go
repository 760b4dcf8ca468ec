package matrix

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"rekey/durable/kill/point"
	"rekey/durable/kill/scenario"
	"rekey/durable/kill/tap"
	"rekey/internal/client"
	"rekey/internal/stack"
)

// handOnAfter is after how many events Temporal suggests to continue as new: few enough for every workflow of the scenario
// to do so in mid-flight.
const handOnAfter = 80

// rig is all that runs: the real Temporal with its file, rekey's own programs, and between them the taps.
type rig struct {
	stack  *stack.Stack
	watch  *watch
	server *tap.Temporal
	worker *tap.Temporal
	aws    *tap.AWS

	mu   sync.Mutex
	died []string
}

// start starts a rig with its files in a directory. What has begun when it fails is ended by close.
func (r *rig) start(ctx context.Context, bin, dir string, scale float64) error {
	if err := os.RemoveAll(dir); err != nil { // of an earlier one
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	temporal, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	r.watch = newWatch()
	reader := point.NewReader(scenario.Names{})
	if r.server, err = tap.NewTemporal(ctx, stack.Server, temporal, reader, r.watch); err != nil {
		return err
	}
	if r.worker, err = tap.NewTemporal(ctx, stack.Worker, temporal, reader, r.watch); err != nil {
		return err
	}
	if r.aws, err = tap.NewAWS(ctx, scenario.Names{}, r.watch); err != nil {
		return err
	}
	r.stack, err = stack.Start(ctx, stack.Config{
		Bin: bin, Logs: filepath.Join(dir, "logs"), Headless: true, TimeScale: scale,
		TemporalAddress: temporal, Database: filepath.Join(dir, "temporal.db"),
		TemporalArgs: []string{"--dynamic-config-value", fmt.Sprintf("limit.historyCount.suggestContinueAsNew=%d", handOnAfter)},
		Via:          map[string]string{stack.Server: r.server.Address(), stack.Worker: r.worker.Address()},
		AWSAddress:   r.aws.Address(), UseAWS: true,
		Credentials: stack.Credentials{
			AccessKeyID: scenario.AccessKey, SecretAccessKey: scenario.Secret, Region: scenario.Region,
			MemberRole: scenario.MemberRole, ExternalID: scenario.ExternalID,
		},
		Revive: r.revive,
	})
	return err
}

// freeAddress is where nobody listens: the taps have to know where Temporal will be before it is started.
func freeAddress(ctx context.Context) (string, error) {
	l, err := stack.Listen(ctx)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// revive has a process that died without having been killed be started again, and notes it.
func (r *rig) revive(how *stack.DiedError) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.died = append(r.died, how.Error())
	return true
}

// deaths are the processes that died by themselves.
func (r *rig) deaths() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.died
}

// dial makes a client of rekey that waits for a server that is killed.
func (r *rig) dial(caller string) (*client.Client, error) {
	return client.Dial(client.Config{Endpoint: r.stack.Server(), Caller: caller, Patience: client.DefaultPatience})
}

// kill kills a process. With Temporal, all connections to it break.
func (r *rig) kill(victim string) error {
	if err := r.stack.Kill(victim); err != nil {
		return err
	}
	if victim == stack.Temporal {
		r.server.Fall()
		r.worker.Fall()
	}
	return nil
}

// restart starts a process that was killed, and returns when it answers.
func (r *rig) restart(ctx context.Context, victim string) error {
	if err := r.stack.Restart(ctx, victim); err != nil {
		return err
	}
	if victim != stack.Temporal {
		return nil
	}
	if err := r.server.Rise(ctx); err != nil {
		return err
	}
	return r.worker.Rise(ctx)
}

// close ends everything.
func (r *rig) close() {
	if r.stack != nil {
		r.stack.Stop()
	}
	for _, t := range []*tap.Temporal{r.server, r.worker} {
		if t != nil {
			t.Close()
		}
	}
	if r.aws != nil {
		r.aws.Close()
	}
}
