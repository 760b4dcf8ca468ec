package service

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// defaultCanariesPage is the page size of ListCanaries where none is asked for.
const defaultCanariesPage = 100

// ListCanaries returns a page of a migration's canaries.
func (s *Service) ListCanaries(ctx context.Context, r *rekeyv1.ListCanariesRequest) (*rekeyv1.ListCanariesResponse, error) {
	scope, err := scopeOf(canariesScope(r))
	if err != nil {
		return nil, err
	}
	w := &walk{
		service: s, migration: r.GetMigrationId(), filter: fromCanariesFilter(r),
		account: r.GetAccountId(), region: r.GetRegion(), want: orDefault(r.GetPageSize(), defaultCanariesPage),
	}
	if token := r.GetPageToken(); token != "" && !unseal(scope, token, &w.at) {
		return nil, invalidPageToken()
	}
	if err := w.fill(ctx); err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	reply := &rekeyv1.ListCanariesResponse{Canaries: w.found}
	if !w.done() {
		reply.NextPageToken, err = seal(scope, w.at)
	}
	return reply, err
}

// canariesScope is what a listing's page tokens are bound to: all of the request but the page.
func canariesScope(r *rekeyv1.ListCanariesRequest) *rekeyv1.ListCanariesRequest {
	scope := proto.CloneOf(r)
	scope.PageSize, scope.PageToken = 0, ""
	scope.States, scope.Steps = sorted(r.GetStates()), sorted(r.GetSteps())
	scope.Verdicts, scope.Reasons = sorted(r.GetVerdicts()), sorted(r.GetReasons())
	return scope
}

// fromCanariesFilter is what a request asks of each cell.
func fromCanariesFilter(r *rekeyv1.ListCanariesRequest) workflows.CanariesFilter {
	filter := workflows.CanariesFilter{
		States:   fromEnums[workflows.CanaryState](r.GetStates(), canaryStatePrefix),
		Steps:    fromEnums[workflows.Step](r.GetSteps(), stepPrefix),
		Verdicts: fromEnums[workflows.Verdict](r.GetVerdicts(), verdictPrefix),
		Reasons:  fromEnums[workflows.Reason](r.GetReasons(), reasonPrefix),
	}
	if r.Wave != nil {
		filter.Wave = new(int(r.GetWave()))
	}
	if r.Held != nil {
		filter.Held = new(r.GetHeld())
	}
	return filter
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
