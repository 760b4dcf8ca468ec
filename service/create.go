package service

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/workflows"
)

// CreateMigration starts a migration, or returns the one that the same request started before.
func (s *Service) CreateMigration(ctx context.Context, r *rekeyv1.CreateMigrationRequest) (*rekeyv1.CreateMigrationResponse, error) {
	start, err := s.newStart(r, identity.From(ctx))
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
	return &rekeyv1.CreateMigrationResponse{Migration: s.migration(view)}, nil
}

func (s *Service) newStart(r *rekeyv1.CreateMigrationRequest, by workflows.Caller) (Start, error) {
	spec := fromSpec(r.GetSpec())
	if asksForNames(spec.Approval) && !by.Verified && !s.config.AnyName {
		return Start{}, callerNotVerified(by)
	}
	request, err := requestDigest(r)
	if err != nil {
		return Start{}, err
	}
	return Start{
		Input: workflows.MigrationInput{
			ID: migrationID(r.GetRequestId()), Spec: spec, ValidateOnly: r.GetValidateOnly(), TimeScale: s.config.TimeScale,
			Format: workflows.NewestFormat, By: by, AnyName: s.config.AnyName,
		},
		Record: Record{DisplayName: spec.DisplayName, Request: request, Created: time.Now().UTC()},
	}, nil
}

// asksForNames reports whether a policy tells people apart, so that it counts verified names only.
func asksForNames(p *workflows.ApprovalPolicy) bool { return p.Required >= 2 || p.ExcludeCreator }

// begun is a migration that was just started, known without asking it. How many cells it has is not known where the
// selection is yet to be resolved.
func begun(start Start) workflows.MigrationView {
	spec := start.Input.Spec
	view := workflows.MigrationView{
		ID:            start.Input.ID,
		Spec:          spec,
		ValidateOnly:  start.Input.ValidateOnly,
		State:         workflows.Planning,
		Rollout:       spec.Rollout,
		MaxConcurrent: spec.MaxConcurrent,
		By:            start.Input.By,
		Created:       start.Created,
		Updated:       start.Created,
	}
	if !spec.Unresolved() {
		view.Progress.Cells = len(spec.Cells())
	}
	return view
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
