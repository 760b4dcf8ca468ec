package load

import (
	"context"
	"errors"
	"math/rand/v2"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	rekeyv1 "rekey/gen/rekey/v1"
)

// The kinds of calls, as results name them.
const (
	get       = "GetMigration"
	list      = "ListMigrations"
	canaries  = "ListCanaries"
	canary    = "GetCanary"
	watch     = "WatchMigration, first message"
	healthy   = "Health.Check"
	canaryMax = 50 // of a page
)

// mix is which part, in hundredths, of the load each kind of call is.
var mix = []struct {
	kind string
	part int
}{{get, 45}, {list, 15}, {canaries, 15}, {canary, 15}, {watch, 10}}

// draw draws a kind of call.
func draw(random *rand.Rand) string {
	n := random.IntN(100)
	for _, m := range mix {
		if n -= m.part; n < 0 {
			return m.kind
		}
	}
	return get
}

// call makes one call of a kind. Of a watch it takes the first message.
func (b *bench) call(ctx context.Context, c *caller, kind string, random uint64) error {
	name := b.names[random%uint64(len(b.names))]
	var err error
	switch kind {
	case get:
		_, err = c.migrations.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: b.id})
	case list:
		_, err = c.migrations.ListMigrations(ctx, &rekeyv1.ListMigrationsRequest{})
	case canaries:
		_, err = c.migrations.ListCanaries(ctx, &rekeyv1.ListCanariesRequest{
			MigrationId: b.id, PageSize: canaryMax, AccountId: name.GetAccountId(), Region: name.GetRegion(),
		})
	case canary:
		_, err = c.migrations.GetCanary(ctx, &rekeyv1.GetCanaryRequest{
			MigrationId: b.id, AccountId: name.GetAccountId(), Region: name.GetRegion(), CanaryName: name.GetCanaryName(),
		})
	case watch:
		err = b.first(ctx, c.migrations, "")
	case healthy:
		err = checkHealth(ctx, c)
	}
	return err
}

// first takes the first message of a watch.
func (b *bench) first(ctx context.Context, api rekeyv1.MigrationServiceClient, cursor string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := api.WatchMigration(ctx, &rekeyv1.WatchMigrationRequest{MigrationId: b.id, Cursor: cursor})
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

// checkHealth asks whether the server as a whole is well.
func checkHealth(ctx context.Context, c *caller) error {
	answer, err := c.health.Check(ctx, &healthv1.HealthCheckRequest{})
	if err == nil && answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		return errors.New("the server is not serving")
	}
	return err
}
