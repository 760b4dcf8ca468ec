package service

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"slices"
	"strings"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

const (
	// fleetPatience is how long a call waits for AWS where its caller waits longer.
	fleetPatience = time.Minute
	// fleetMargin is what is left of a caller's patience for the answer, at the most.
	fleetMargin = 3 * time.Second
)

// ListFleetCanaries reads a page of canaries.
func (s *Service) ListFleetCanaries(ctx context.Context, r *rekeyv1.ListFleetCanariesRequest) (*rekeyv1.ListFleetCanariesResponse, error) {
	scope, err := scopeOf(&rekeyv1.ListFleetCanariesRequest{Selection: r.GetSelection(), IncludeAccess: r.GetIncludeAccess()})
	if err != nil {
		return nil, err
	}
	walk := newFleetWalk(s, r)
	if token := r.GetPageToken(); token != "" && !unseal(scope, token, &walk.at) {
		return nil, invalidPageToken()
	}
	reading, cancel := patient(ctx)
	defer cancel()
	if err := walk.fill(reading); err != nil {
		return nil, explainFleet(ctx, err, "")
	}
	if !walk.done {
		walk.reply.NextPageToken, err = seal(scope, walk.at)
	}
	return walk.reply, err
}

// SummarizeFleet begins a summary, or goes on waiting for one.
func (s *Service) SummarizeFleet(ctx context.Context, r *rekeyv1.SummarizeFleetRequest) (*rekeyv1.SummarizeFleetResponse, error) {
	family, err := summaryFamily(r.GetSelection())
	if err != nil {
		return nil, err
	}
	id := r.GetSummaryId()
	if id != "" && !strings.HasPrefix(id, family) {
		return nil, unknownSummary()
	}
	reading, cancel := patient(ctx)
	defer cancel()
	if id == "" {
		id = family + lowerBase32([]byte(rand.Text()))[:12]
		if err := s.config.Workflows.BeginSummary(reading, id, fromSummarize(r)); err != nil {
			return nil, explainFleet(ctx, err, "")
		}
	}
	summary, err := s.config.Workflows.AwaitSummary(reading, id)
	if errors.Is(err, ErrNotYet) {
		asking, cancel := s.bounded(ctx)
		defer cancel()
		summary, err = s.config.Workflows.Summary(asking, id)
	}
	if err != nil {
		return nil, explainFleet(ctx, err, id)
	}
	return toFleetSummary(id, summary), nil
}

// patient is the context in which a call reads: it ends early enough for the caller to be told how far it came.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	left := fleetPatience
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	return context.WithTimeout(ctx, left-min(left/4, fleetMargin))
}

// summaryFamily begins the ids of all summaries of a selection, by which another selection's is told apart.
func summaryFamily(selection *rekeyv1.Selection) (string, error) {
	raw, err := canonical(selection)
	sum := sha256.Sum256(raw)
	return lowerBase32(sum[:])[:8], err
}

func lowerBase32(b []byte) string { return strings.ToLower(base32.HexEncoding.EncodeToString(b)) }

// fromSummarize is a request in the words of the contract.
func fromSummarize(r *rekeyv1.SummarizeFleetRequest) workflows.FleetInput {
	return workflows.FleetInput{
		Selection:    fromFleetSelection(r.GetSelection()),
		NamePatterns: slices.Sorted(slices.Values(r.GetSelection().GetNamePatterns())),
		Filter:       fromFleetFilter(r.GetSelection().GetCanaries()),
	}
}
