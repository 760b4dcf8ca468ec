package service

import (
	"context"
	"errors"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// Bounds of one ListCanaries call. What does not fit is on the next page.
const (
	// defaultCanariesPage is the page size where none is asked for.
	defaultCanariesPage = 100
	// maxQueries is how many questions a call asks of cells; most cells of a large selection are empty.
	maxQueries = 40
	// maxPerQuery keeps an answer of a cell far below Temporal's 2 MB for one payload.
	maxPerQuery = 100
	// maxPageBytes keeps a reply below the 4 MB that gRPC clients take without being told to take more.
	maxPageBytes = 1 << 20
)

// position is where a listing of canaries goes on: in that cell, after that name.
type position struct {
	Cell  workflows.Cell `json:"c"`
	After string         `json:"a"`
}

// ListCanaries returns a page of a migration's canaries.
func (s *Service) ListCanaries(ctx context.Context, r *rekeyv1.ListCanariesRequest) (*rekeyv1.ListCanariesResponse, error) {
	scope, err := scopeOf(&rekeyv1.ListCanariesRequest{
		MigrationId: r.GetMigrationId(), States: sorted(r.GetStates()), AccountId: r.GetAccountId(), Region: r.GetRegion(),
	})
	if err != nil {
		return nil, err
	}
	var from position
	if token := r.GetPageToken(); token != "" && !unseal(scope, token, &from) {
		return nil, invalidPageToken()
	}
	view, err := s.view(ctx, r.GetMigrationId())
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	walk := &walk{
		service: s, migration: r.GetMigrationId(), at: from,
		cells:  remaining(view.Spec.Cells(), r, from),
		states: fromEnums[workflows.CanaryState](r.GetStates(), canaryStatePrefix),
		want:   orDefault(r.GetPageSize(), defaultCanariesPage),
	}
	if err := walk.fill(ctx); err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	reply := &rekeyv1.ListCanariesResponse{Canaries: walk.found}
	if len(walk.cells) > 0 {
		reply.NextPageToken, err = seal(scope, walk.at)
	}
	return reply, err
}

// remaining are the cells that the request asks for, from the position on.
func remaining(cells []workflows.Cell, r *rekeyv1.ListCanariesRequest, from position) []workflows.Cell {
	return slices.DeleteFunc(cells, func(c workflows.Cell) bool {
		return r.GetAccountId() != "" && c.Account != r.GetAccountId() ||
			r.GetRegion() != "" && c.Region != r.GetRegion() ||
			compareCells(c, from.Cell) < 0
	})
}

// compareCells is the order of Spec.Cells.
func compareCells(a, b workflows.Cell) int {
	if a.Account != b.Account {
		return strings.Compare(a.Account, b.Account)
	}
	return strings.Compare(a.Region, b.Region)
}

// walk asks cells, one after the other, for their canaries.
type walk struct {
	service   *Service
	migration string
	states    []workflows.CanaryState
	want      int

	cells []workflows.Cell // those that have not told everything
	at    position
	found []*rekeyv1.Canary
	size  int
}

// fill asks until the page is full, the cells have told everything, or enough was asked.
func (w *walk) fill(ctx context.Context) error {
	for range maxQueries {
		if len(w.cells) == 0 || len(w.found) == w.want || w.size >= maxPageBytes {
			return nil
		}
		if err := w.ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ask takes a page of the first cell's canaries. A cell that was not started yet has none.
func (w *walk) ask(ctx context.Context) error {
	if w.at.Cell != w.cells[0] {
		w.at = position{Cell: w.cells[0]}
	}
	ctx, cancel := w.service.bounded(ctx)
	defer cancel()
	page, err := w.service.config.Workflows.Canaries(ctx, w.migration, w.at.Cell, workflows.CanariesFilter{
		States: w.states, After: w.at.After, Limit: min(w.want-len(w.found), maxPerQuery),
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	for _, c := range page.Canaries {
		canary := toCanary(c)
		w.found = append(w.found, canary)
		w.size += proto.Size(canary)
		w.at.After = c.Recorded.Name
	}
	if !page.More || len(page.Canaries) == 0 {
		w.next()
	}
	return nil
}

// next goes to the next cell.
func (w *walk) next() {
	w.cells = w.cells[1:]
	if len(w.cells) > 0 {
		w.at = position{Cell: w.cells[0]}
	}
}

// GetCanary returns one canary of a migration.
func (s *Service) GetCanary(ctx context.Context, r *rekeyv1.GetCanaryRequest) (*rekeyv1.GetCanaryResponse, error) {
	cell := workflows.Cell{Account: r.GetAccountId(), Region: r.GetRegion()}
	canary, err := s.canary(ctx, r.GetMigrationId(), cell, r.GetCanaryName())
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	if canary == nil {
		return nil, canaryNotFound(r.GetMigrationId(), cell, r.GetCanaryName())
	}
	return &rekeyv1.GetCanaryResponse{Canary: toCanary(*canary)}, nil
}

// canary asks a cell for a canary. A cell that the migration does not have, or has not started, has none.
func (s *Service) canary(ctx context.Context, migration string, cell workflows.Cell, name string) (*workflows.Canary, error) {
	asking, cancel := s.bounded(ctx)
	defer cancel()
	canary, err := s.config.Workflows.Canary(asking, migration, cell, name)
	if errors.Is(err, ErrNotFound) {
		_, err = s.recorded(ctx, migration)
		return nil, err
	}
	return canary, err
}
