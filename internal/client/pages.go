package client

import (
	"context"
	"iter"

	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Canaries is every canary that a request asks for, over all pages. It ends with the first error.
func Canaries(ctx context.Context, api rekeyv1.MigrationServiceClient, request *rekeyv1.ListCanariesRequest) iter.Seq2[*rekeyv1.Canary, error] {
	request = proto.CloneOf(request)
	return pages(func() ([]*rekeyv1.Canary, string, error) {
		reply, err := api.ListCanaries(ctx, request)
		request.PageToken = reply.GetNextPageToken()
		return reply.GetCanaries(), request.GetPageToken(), err
	})
}

// Migrations is every migration that a request asks for, over all pages. It ends with the first error.
func Migrations(ctx context.Context, api rekeyv1.MigrationServiceClient, request *rekeyv1.ListMigrationsRequest) iter.Seq2[*rekeyv1.MigrationSummary, error] {
	request = proto.CloneOf(request)
	return pages(func() ([]*rekeyv1.MigrationSummary, string, error) {
		reply, err := api.ListMigrations(ctx, request)
		request.PageToken = reply.GetNextPageToken()
		return reply.GetMigrations(), request.GetPageToken(), err
	})
}

// FleetCanaries is every canary of a selection, over all pages. It ends with the first error. Cells that could not be
// read are told as they come.
func FleetCanaries(
	ctx context.Context, api rekeyv1.FleetServiceClient, request *rekeyv1.ListFleetCanariesRequest, unread func(*rekeyv1.Problem),
) iter.Seq2[*rekeyv1.FleetCanary, error] {
	request = proto.CloneOf(request)
	return pages(func() ([]*rekeyv1.FleetCanary, string, error) {
		reply, err := api.ListFleetCanaries(ctx, request)
		for _, p := range reply.GetCellProblems() {
			unread(p)
		}
		request.PageToken = reply.GetNextPageToken()
		return reply.GetCanaries(), request.GetPageToken(), err
	})
}

// pages goes from page to page until there is no token for another.
func pages[T any](next func() (items []T, token string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			items, token, err := next()
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if token == "" {
				return
			}
		}
	}
}

// Collect is what a listing has, at most limit of it; 0 means all. It reports whether there is more.
func Collect[T any](items iter.Seq2[T, error], limit int) (list []T, more bool, err error) {
	for item, err := range items {
		if err != nil {
			return list, false, err
		}
		if limit > 0 && len(list) == limit {
			return list, true, nil
		}
		list = append(list, item)
	}
	return list, false, nil
}
