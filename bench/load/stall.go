package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
)

const (
	// stallFor is how long no worker answers: less than a question's timeout, so that nothing but the server's own bounds
	// turns calls away.
	stallFor = 4 * time.Second
	// stallRate is how many calls a second are made meanwhile.
	stallRate = 500
	// appear is how long a migration may take to be listed: visibility lags behind.
	appear = 30 * time.Second
)

// Creations are migrations that were asked for while no worker answered, each twice and again until there was an answer.
type Creations struct {
	Asked    int `json:"asked"`
	Attempts int `json:"attempts"`
	// Lost are those that are not there, Twice those that are there more than once.
	Lost  int `json:"lost"`
	Twice int `json:"twice"`
}

// stall stops the worker as an overloaded one would, puts load on the server, and asks for migrations meanwhile.
func (b *bench) stall(ctx context.Context) error {
	callers, closeAll, err := b.dialAll(connections + 1)
	if err != nil {
		return err
	}
	defer closeAll()
	worker := b.ground.Stack.PIDs()[stack.Worker]
	if err := syscall.Kill(worker, syscall.SIGSTOP); err != nil {
		return err
	}
	resume := time.AfterFunc(stallFor, func() { _ = syscall.Kill(worker, syscall.SIGCONT) })
	defer func() {
		resume.Stop()
		_ = syscall.Kill(worker, syscall.SIGCONT)
	}()
	creating, asked := errgroup.Group{}, map[string]string{}
	creating.Go(func() (err error) {
		asked, err = b.create(ctx, callers)
		return err
	})
	t := newTally()
	random := rand.New(rand.NewPCG(b.load.Seed, 0)) //nolint:gosec // for load
	b.open(ctx, t, callers, stallRate, stallFor+time.Second, func() string {
		return []string{get, get, canaries, canary}[random.IntN(4)]
	})
	b.result.Stalled = t.summary()
	if err := creating.Wait(); err != nil {
		return fmt.Errorf("creating: %w", err)
	}
	return b.count(ctx, asked)
}

// create asks for migrations, for each from two callers at the same time, until each has its answer. It returns the ids by
// request id; two answers with different ids count as made twice.
func (b *bench) create(ctx context.Context, callers []*caller) (map[string]string, error) {
	ids := map[string]string{}
	type answer struct {
		request, id string
		attempts    int
	}
	answers := make(chan answer, 2*b.load.Creations)
	creating, ctx := errgroup.WithContext(ctx)
	for i := range 2 * b.load.Creations {
		creating.Go(func() error {
			request := fmt.Sprintf("%08d-0000-4000-8000-%012d", b.load.Seed%1e8, i/2)
			id, attempts, err := b.insist(ctx, callers[i%len(callers)], request)
			answers <- answer{request, id, attempts}
			return err
		})
	}
	if err := creating.Wait(); err != nil {
		return nil, err
	}
	close(answers)
	for a := range answers {
		b.result.Creations.Attempts += a.attempts
		if other, ok := ids[a.request]; ok && other != a.id {
			b.result.Creations.Twice++
		}
		ids[a.request] = a.id
	}
	b.result.Creations.Asked = len(ids)
	return ids, nil
}

// insist asks for a migration of nothing until there is an answer.
func (b *bench) insist(ctx context.Context, c *caller, request string) (id string, attempts int, err error) {
	spec := b.ground.Workload.Spec(b.ground.Fleet)
	spec.DisplayName = loadName
	cell := b.names[0]
	spec.Selection = &rekeyv1.Selection{
		AccountIds: []string{cell.GetAccountId()}, Regions: []string{cell.GetRegion()}, NamePatterns: []string{"nobody-*"},
	}
	for ctx.Err() == nil {
		attempts++
		calling, cancel := context.WithTimeout(ctx, b.load.Deadline)
		answer, err := c.migrations.CreateMigration(calling, &rekeyv1.CreateMigrationRequest{
			RequestId: request, ValidateOnly: true, Spec: spec,
		})
		cancel()
		switch status.Code(err) {
		case codes.OK:
			return answer.GetMigration().GetId(), attempts, nil
		case codes.ResourceExhausted, codes.Unavailable, codes.DeadlineExceeded:
			_ = wait(ctx, time.Second+time.Duration(rand.IntN(1000))*time.Millisecond) //nolint:gosec // for load; RetryInfo says a second
		default:
			return "", attempts, err
		}
	}
	return "", attempts, ctx.Err()
}

// loadName is the display name of the migrations that are asked for.
const loadName = "asked for under load"

// count counts the migrations that are there. A listing lags behind, so that one that is missing is waited for.
func (b *bench) count(ctx context.Context, asked map[string]string) error {
	var found map[string]int
	for until := time.Now().Add(appear); time.Now().Before(until); {
		var err error
		if found, err = b.listed(ctx); err != nil {
			return err
		}
		if len(found) >= len(asked) {
			break
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
	for _, id := range asked {
		switch found[id] {
		case 1:
		case 0:
			b.result.Creations.Lost++
		default:
			b.result.Creations.Twice++
		}
		delete(found, id)
	}
	b.result.Creations.Twice += len(found)
	return nil
}

// listed is how many times each of the migrations that were asked for is listed.
func (b *bench) listed(ctx context.Context) (map[string]int, error) {
	found, token := map[string]int{}, ""
	for {
		page, err := b.ground.API.ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{PageSize: 100, PageToken: token})
		if err != nil {
			return nil, err
		}
		for _, m := range page.GetMigrations() {
			if m.GetDisplayName() == loadName {
				found[m.GetId()]++
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return found, nil
		}
	}
}
