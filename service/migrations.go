package service

import (
	"context"
	"slices"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// defaultMigrationsPage is the page size of ListMigrations where none is asked for.
const defaultMigrationsPage = 50

// GetMigration returns a migration.
func (s *Service) GetMigration(ctx context.Context, r *rekeyv1.GetMigrationRequest) (*rekeyv1.GetMigrationResponse, error) {
	view, err := s.view(ctx, r.GetMigrationId())
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	return &rekeyv1.GetMigrationResponse{Migration: s.migration(view)}, nil
}

// migration is a migration as the API shows it.
func (s *Service) migration(view workflows.MigrationView) *rekeyv1.Migration {
	return toMigration(view, s.config.RunPriceUSD)
}

// ListMigrations returns a page of migrations.
func (s *Service) ListMigrations(ctx context.Context, r *rekeyv1.ListMigrationsRequest) (*rekeyv1.ListMigrationsResponse, error) {
	scope, err := scopeOf(&rekeyv1.ListMigrationsRequest{States: sorted(r.GetStates())})
	if err != nil {
		return nil, err
	}
	listing := Listing{
		States: fromEnums[workflows.State](r.GetStates(), statePrefix), Size: orDefault(r.GetPageSize(), defaultMigrationsPage),
	}
	if token := r.GetPageToken(); token != "" && !unseal(scope, token, &listing.Token) {
		return nil, invalidPageToken()
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	page, err := s.config.Workflows.Migrations(ctx, listing)
	if err != nil {
		return nil, explain("", err)
	}
	reply := &rekeyv1.ListMigrationsResponse{}
	slices.SortStableFunc(page.Migrations, func(a, b Summary) int { return b.Created.Compare(a.Created) })
	for _, summary := range page.Migrations {
		reply.Migrations = append(reply.Migrations, toSummary(summary))
	}
	if len(page.Next) > 0 {
		reply.NextPageToken, err = seal(scope, page.Next)
	}
	return reply, err
}

// orDefault is a page size, or the default one where none is asked for.
func orDefault(size int32, otherwise int) int {
	if size == 0 {
		return otherwise
	}
	return int(size)
}

// sorted makes filters that mean the same equal.
func sorted[E ~int32](values []E) []E {
	values = slices.Clone(values)
	slices.Sort(values)
	return values
}
