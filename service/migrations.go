package service

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// defaultMigrationsPage is the page size of ListMigrations where none is asked for.
const defaultMigrationsPage = 50

// CreateMigration starts a migration, or returns the one that the same request started before.
func (s *Service) CreateMigration(ctx context.Context, r *rekeyv1.CreateMigrationRequest) (*rekeyv1.CreateMigrationResponse, error) {
	start, err := s.newStart(r)
	if err != nil {
		return nil, err
	}
	view := begun(start)
	starting, cancel := s.bounded(ctx)
	defer cancel()
	err = s.config.Workflows.Start(starting, start)
	if errors.Is(err, ErrAlreadyStarted) {
		view, err = s.repeated(ctx, r.GetRequestId(), start)
	}
	if err != nil {
		return nil, explain(start.Input.ID, err)
	}
	return &rekeyv1.CreateMigrationResponse{Migration: toMigration(view)}, nil
}

func (s *Service) newStart(r *rekeyv1.CreateMigrationRequest) (Start, error) {
	request, err := requestDigest(r)
	if err != nil {
		return Start{}, err
	}
	spec := fromSpec(r.GetSpec())
	return Start{
		Input: workflows.MigrationInput{
			ID: migrationID(r.GetRequestId()), Spec: spec, ValidateOnly: r.GetValidateOnly(), TimeScale: s.config.TimeScale,
			Format: workflows.FormatRollout,
		},
		Record: Record{DisplayName: spec.DisplayName, Request: request, Created: time.Now().UTC()},
	}, nil
}

// begun is a migration that was just started, known without asking it.
func begun(start Start) workflows.MigrationView {
	return workflows.MigrationView{
		ID:           start.Input.ID,
		Spec:         start.Input.Spec,
		ValidateOnly: start.Input.ValidateOnly,
		State:        workflows.Planning,
		Progress:     workflows.Progress{Cells: len(start.Input.Spec.Cells())},
		Created:      start.Created,
		Updated:      start.Created,
	}
}

// repeated returns the migration that a request started before, unless its id stood for another request then.
func (s *Service) repeated(ctx context.Context, request string, start Start) (workflows.MigrationView, error) {
	record, err := s.recorded(ctx, start.Input.ID)
	if err != nil {
		return workflows.MigrationView{}, err
	}
	if record.Request != start.Request {
		return workflows.MigrationView{}, requestIDReused(start.Input.ID, request)
	}
	return s.view(ctx, start.Input.ID)
}

// migrationID is made from the request id, so that repeating a request names the same migration; without one it is
// random.
func migrationID(request string) string {
	sum := sha256.Sum256([]byte(request))
	if request == "" {
		_, _ = rand.Read(sum[:]) // never fails
	}
	return "m-" + strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))[:20]
}

// requestDigest tells requests apart, whatever their request id.
func requestDigest(r *rekeyv1.CreateMigrationRequest) (string, error) {
	r = proto.CloneOf(r)
	r.RequestId = ""
	raw, err := canonical(r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// GetMigration returns a migration.
func (s *Service) GetMigration(ctx context.Context, r *rekeyv1.GetMigrationRequest) (*rekeyv1.GetMigrationResponse, error) {
	view, err := s.view(ctx, r.GetMigrationId())
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	return &rekeyv1.GetMigrationResponse{Migration: toMigration(view)}, nil
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

// ApproveMigration lets a plan run.
func (s *Service) ApproveMigration(ctx context.Context, r *rekeyv1.ApproveMigrationRequest) (*rekeyv1.ApproveMigrationResponse, error) {
	view, err := s.update(ctx, r.GetMigrationId(), verb{
		past: "approved",
		call: func(ctx context.Context) (workflows.MigrationView, error) {
			return s.config.Workflows.Approve(ctx, r.GetMigrationId(), workflows.Approval{Digest: r.GetPlanDigest(), Comment: r.GetComment()})
		},
		done: func(v workflows.MigrationView) bool {
			return v.Approval != nil && v.Approval.Digest == r.GetPlanDigest()
		},
	})
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	return &rekeyv1.ApproveMigrationResponse{Migration: toMigration(view)}, nil
}

// CancelMigration ends a migration early.
func (s *Service) CancelMigration(ctx context.Context, r *rekeyv1.CancelMigrationRequest) (*rekeyv1.CancelMigrationResponse, error) {
	view, err := s.update(ctx, r.GetMigrationId(), verb{
		past: "cancelled",
		call: func(ctx context.Context) (workflows.MigrationView, error) {
			return s.config.Workflows.Cancel(ctx, r.GetMigrationId(), workflows.Cancellation{Reason: r.GetReason()})
		},
		done: func(v workflows.MigrationView) bool { return v.Cancel != nil },
	})
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	return &rekeyv1.CancelMigrationResponse{Migration: toMigration(view)}, nil
}

// RollBackMigration puts every canary back that can still be put back.
func (s *Service) RollBackMigration(ctx context.Context, r *rekeyv1.RollBackMigrationRequest) (*rekeyv1.RollBackMigrationResponse, error) {
	view, err := s.update(ctx, r.GetMigrationId(), verb{
		past: "rolled back",
		call: func(ctx context.Context) (workflows.MigrationView, error) {
			return s.config.Workflows.RollBack(ctx, r.GetMigrationId(), workflows.RollBack{Reason: r.GetReason()})
		},
		done: func(v workflows.MigrationView) bool { return v.RollBack != nil },
	})
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	return &rekeyv1.RollBackMigrationResponse{Migration: toMigration(view)}, nil
}

// ConfirmSourceChange confirms that the source of managed canaries was changed.
func (s *Service) ConfirmSourceChange(ctx context.Context, r *rekeyv1.ConfirmSourceChangeRequest) (*rekeyv1.ConfirmSourceChangeResponse, error) {
	view, err := s.update(ctx, r.GetMigrationId(), verb{
		past: "confirmed",
		call: func(ctx context.Context) (workflows.MigrationView, error) {
			return s.config.Workflows.Confirm(ctx, r.GetMigrationId(), workflows.Confirmation{Canaries: r.GetCanaryNames()})
		},
		done: func(workflows.MigrationView) bool { return false },
	})
	if err != nil {
		return nil, explain(r.GetMigrationId(), err)
	}
	return &rekeyv1.ConfirmSourceChangeResponse{Migration: toMigration(view)}, nil
}

// verb is something that is done to a migration.
type verb struct {
	past string
	call func(context.Context) (workflows.MigrationView, error)
	// done reports whether it was done already: then doing it again changes nothing, ended or not.
	done func(workflows.MigrationView) bool
}

// update carries out a verb. A workflow that has ended takes none, but still tells in which state it is.
func (s *Service) update(ctx context.Context, migration string, v verb) (workflows.MigrationView, error) {
	waiting, cancel := context.WithTimeout(ctx, s.config.UpdateTimeout)
	defer cancel()
	view, err := v.call(waiting)
	if !errors.Is(err, ErrNotFound) {
		return view, err
	}
	if view, err = s.view(ctx, migration); err != nil || v.done(view) {
		return view, err
	}
	return workflows.MigrationView{}, wrongState(view, v.past)
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
