package control

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	rekeyv1 "rekey/gen/rekey/v1"
)

// rates are how many times a second the migration is asked for, and askedFor is how long each.
var rates = []int{20, 100}

const askedFor = 5 * time.Second

// Asked is how long GetMigration took at a rate of calls, beside as many calls of the health service in the same moments.
type Asked struct {
	PerSecond int     `json:"calls_per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	HealthP50 float64 `json:"health_p50_ms"`
	HealthP99 float64 `json:"health_p99_ms"`
}

func (b *bench) asked(ctx context.Context) ([]Asked, error) {
	var list []Asked
	for _, perSecond := range rates {
		a, err := b.askedAt(ctx, perSecond)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func (b *bench) askedAt(ctx context.Context, perSecond int) (Asked, error) {
	health := healthv1.NewHealthClient(b.ground.Connection())
	took, err := openLoop(ctx, perSecond, func(ctx context.Context) error {
		_, err := b.ground.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: b.id})
		return err
	}, func(ctx context.Context) error {
		_, err := health.Check(ctx, &healthv1.HealthCheckRequest{})
		return err
	})
	if err != nil {
		return Asked{}, err
	}
	quantile := func(kind int, q float64) float64 {
		slices.Sort(took[kind])
		return milliseconds(took[kind][int(q*float64(len(took[kind])-1))])
	}
	return Asked{perSecond, quantile(0, 0.5), quantile(0, 0.99), quantile(1, 0.5), quantile(1, 0.99)}, nil
}

// openLoop begins one call of each kind at a rate, whether or not others have ended, and answers how long each took.
func openLoop(ctx context.Context, perSecond int, kinds ...func(context.Context) error) ([][]time.Duration, error) {
	calls, ctx := errgroup.WithContext(ctx)
	took := make([][]time.Duration, len(kinds))
	var mu sync.Mutex
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for range perSecond * int(askedFor.Seconds()) {
		<-ticker.C
		for kind, call := range kinds {
			calls.Go(func() error {
				began := time.Now()
				err := call(ctx)
				mu.Lock()
				defer mu.Unlock()
				took[kind] = append(took[kind], time.Since(began))
				return err
			})
		}
	}
	return took, calls.Wait()
}
