package service

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/service/roles"
)

// maxLookUps is how many migrations are asked for their accounts at the same time.
const maxLookUps = 8

// readable leaves of a listing what the caller may read. The page is shorter then, even empty, and its token stays: it is
// the next page of the same listing for whoever may read all of it, too.
func (a *authorizer) readable(ctx context.Context, list *rekeyv1.ListMigrationsResponse) (*rekeyv1.ListMigrationsResponse, error) {
	reach := a.table.Reach(identity.From(ctx), roles.Reader)
	if reach.IsEverywhere() {
		return list, nil
	}
	all := list.GetMigrations()
	shown := make([]bool, len(all))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(maxLookUps)
	for i, summary := range all {
		asking.Go(func() (err error) {
			shown[i], err = a.isReadable(ctx, reach, summary.GetId())
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	list.Migrations = nil
	for i, summary := range all {
		if shown[i] {
			list.Migrations = append(list.Migrations, summary)
		}
	}
	return list, nil
}

// isReadable reports whether a migration lies within reach. Where nobody can tell, because Temporal or a worker is away, it
// is an error: a listing that leaves out what its caller may read would look complete.
func (a *authorizer) isReadable(ctx context.Context, reach roles.Reach, migration string) (bool, error) {
	scope, err := a.scope(ctx, migration)
	if errors.Is(err, ErrNotFound) { // its history has expired meanwhile
		return false, nil
	}
	if err != nil {
		return false, explain("", err)
	}
	_, ok := reach.Covers(scope)
	return ok, nil
}
