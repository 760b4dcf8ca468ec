package service

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// Bounds of one forecast of a roll back.
const (
	// maxReturnCells is how many cells a call asks; the others are counted.
	maxReturnCells = 400
	// returnsAtATime is how many of them are asked at a time: a worker answers queries beside its work.
	returnsAtATime = 8
	// maxObstacles is how many canaries a forecast names.
	maxObstacles = 100
)

// returnableStates are those of canaries that a roll back may put back, whatever they turn out to be.
var returnableStates = []workflows.CanaryState{
	workflows.Migrating, workflows.Migrated, workflows.Unverified, workflows.CanaryFailed, workflows.Blocked, workflows.Returned,
}

// forecastRollBack tells what a roll back of a part would do.
func (s *Service) forecastRollBack(ctx context.Context, migration string, part workflows.Part) (*rekeyv1.RollBackMigrationResponse, error) {
	view, err := s.view(ctx, migration)
	if err != nil {
		return nil, explain(migration, err)
	}
	if !mayRollBack(view) {
		return nil, wrongState(view, "rolled back")
	}
	forecast, err := s.askReturns(ctx, view, part)
	if err != nil {
		return nil, explain(migration, err)
	}
	return &rekeyv1.RollBackMigrationResponse{Migration: s.migration(view), Forecast: forecast}, nil
}

// mayRollBack reports whether a migration is one whose plan was begun and that has not been closed. Where nobody needs to
// approve, a plan that is frozen is one that was begun.
func mayRollBack(v workflows.MigrationView) bool {
	switch v.State {
	case workflows.Planning, workflows.AwaitingApproval, workflows.Planned, workflows.ClosedState:
		return false
	default:
		return v.Begun() || v.Plan != nil && v.Spec.Approval != nil && v.Spec.Approval.Required == 0
	}
}

// askReturns asks the cells that have canaries of the part, for as long as a control verb may take.
func (s *Service) askReturns(ctx context.Context, view workflows.MigrationView, part workflows.Part) (*rekeyv1.RollBackForecast, error) {
	if part.Wave != nil && *part.Wave >= len(view.Waves) {
		return nil, partNotFound(view.ID, part)
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.UpdateTimeout)
	defer cancel()
	cells, more, err := s.returning(ctx, view.ID, part)
	if err != nil {
		return nil, err
	}
	pages, err := s.returnsOf(ctx, view.ID, cells, part)
	if err != nil {
		return nil, err
	}
	forecast := toRollBackForecast(cells, pages)
	forecast.CellsNotAsked += count(more)
	return forecast, nil
}

// returning are the cells that have canaries of the part, as many as are asked, and how many there are more.
func (s *Service) returning(ctx context.Context, migration string, part workflows.Part) (cells []workflows.Cell, more int, err error) {
	filter := workflows.CellsFilter{
		Canaries: workflows.CanariesFilter{States: returnableStates, Wave: part.Wave}, Limit: cellsAtATime,
	}
	if part.Cell != nil {
		if err := s.has(ctx, migration, part); err != nil {
			return nil, 0, err
		}
		filter.Account, filter.Region = part.Cell.Account, part.Cell.Region
	}
	for {
		page, err := s.cells(ctx, migration, filter)
		if err != nil {
			return nil, 0, err
		}
		for _, report := range page.Cells {
			switch {
			case report.Cell == filter.From: // it begins this page, and ended the page before
			case len(cells) == maxReturnCells || isGone(report): // which would put nothing back
				more++
			default:
				cells = append(cells, report.Cell)
			}
		}
		if !page.More || len(page.Cells) == 0 {
			return cells, more, nil
		}
		filter.From = page.Cells[len(page.Cells)-1].Cell
	}
}

// cells asks a migration for a page of its cells.
func (s *Service) cells(ctx context.Context, migration string, filter workflows.CellsFilter) (workflows.CellsPage, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.config.Workflows.Cells(ctx, migration, filter)
}

// has refuses a cell or a canary that the migration does not have. A cell that does not answer, though its migration does, is
// one that could not be asked.
func (s *Service) has(ctx context.Context, migration string, part workflows.Part) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	canary, err := s.config.Workflows.Canary(ctx, migration, *part.Cell, part.Canary)
	if errors.Is(err, ErrNotFound) || err == nil && canary == nil && part.Canary != "" {
		return partNotFound(migration, part)
	}
	if errors.Is(err, ErrNoWorker) {
		return nil
	}
	return err
}

// returnsOf asks cells, some at a time. The answer of a cell that could not be asked is nil.
func (s *Service) returnsOf(ctx context.Context, migration string, cells []workflows.Cell, part workflows.Part) ([]*workflows.ReturnsPage, error) {
	pages := make([]*workflows.ReturnsPage, len(cells))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(returnsAtATime)
	for i, cell := range cells {
		asking.Go(func() error {
			page, err := s.returns(ctx, migration, cell, part)
			pages[i] = page
			return err
		})
	}
	return pages, asking.Wait()
}

// returns asks a cell, nil when it could not be asked or there is no time left to ask it.
func (s *Service) returns(ctx context.Context, migration string, cell workflows.Cell, part workflows.Part) (*workflows.ReturnsPage, error) {
	if ctx.Err() != nil {
		return nil, nil
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	page, err := s.config.Workflows.Returns(ctx, migration, cell, part)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoWorker) {
		return nil, nil
	}
	return &page, err
}

// toRollBackForecast sums up what the cells answered.
func toRollBackForecast(cells []workflows.Cell, pages []*workflows.ReturnsPage) *rekeyv1.RollBackForecast {
	forecast := &rekeyv1.RollBackForecast{}
	for i, page := range pages {
		if page == nil {
			forecast.CellsNotAsked++
			continue
		}
		forecast.Returnable += count(page.Returnable)
		forecast.FreshBaselines += count(page.FreshBaselines)
		forecast.NotReturnable += count(page.NotReturnable)
		for _, o := range page.Obstacles[:min(maxObstacles-len(forecast.GetObstacles()), len(page.Obstacles))] {
			forecast.Obstacles = append(forecast.Obstacles, &rekeyv1.RollBackObstacle{
				Canary: toCanaryName(cells[i], o.Canary), Problem: toProblem(o.Problem), RollBackUntil: instant(o.Until),
			})
		}
	}
	return forecast
}
