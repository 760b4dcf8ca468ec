package clienttest

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// GetMigration returns a migration.
func (s *Server) GetMigration(_ context.Context, r *rekeyv1.GetMigrationRequest) (*rekeyv1.GetMigrationResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.find(r.GetMigrationId())
	if err != nil {
		return nil, err
	}
	return &rekeyv1.GetMigrationResponse{Migration: proto.CloneOf(m)}, nil
}

// ListMigrations lists them two at a time.
func (s *Server) ListMigrations(_ context.Context, r *rekeyv1.ListMigrationsRequest) (*rekeyv1.ListMigrationsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*rekeyv1.MigrationSummary
	for _, m := range s.migrations {
		if len(r.GetStates()) == 0 || slices.Contains(r.GetStates(), m.GetState()) {
			list = append(list, &rekeyv1.MigrationSummary{Id: m.GetId(), DisplayName: m.GetSpec().GetDisplayName(), State: m.GetState(), CreateTime: m.GetCreateTime()})
		}
	}
	slices.SortFunc(list, func(a, b *rekeyv1.MigrationSummary) int { return cmp.Compare(a.GetId(), b.GetId()) })
	page, next := paged(list, r.GetPageToken(), 2, (*rekeyv1.MigrationSummary).GetId)
	return &rekeyv1.ListMigrationsResponse{Migrations: page, NextPageToken: next}, nil
}

// paged is the page after a token, which is the key of the last item of the page before.
func paged[T any](list []T, token string, size int, key func(T) string) (page []T, next string) {
	if at := slices.IndexFunc(list, func(item T) bool { return key(item) == token }); at >= 0 {
		list = list[at+1:]
	}
	if len(list) > size {
		return list[:size], key(list[size-1])
	}
	return list, ""
}

// ListCanaries lists the samples' canaries two at a time, by state, account, Region, held, wave and the reason why access is held.
func (s *Server) ListCanaries(_ context.Context, r *rekeyv1.ListCanariesRequest) (*rekeyv1.ListCanariesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.find(r.GetMigrationId()); err != nil {
		return nil, err
	}
	var list []*rekeyv1.Canary
	for _, c := range ordered() {
		held := c.GetOldAccess().GetState() == rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD
		if (len(r.GetStates()) == 0 || slices.Contains(r.GetStates(), c.GetState())) &&
			(r.GetAccountId() == "" || r.GetAccountId() == c.GetAccountId()) && (r.GetRegion() == "" || r.GetRegion() == c.GetRegion()) &&
			(len(r.GetReasons()) == 0 || slices.Contains(r.GetReasons(), c.GetOldAccess().GetHeldBecause().GetReason())) &&
			(r.Held == nil || r.GetHeld() == held) && (r.Wave == nil || c.Wave != nil && r.GetWave() == c.GetWave()) {
			list = append(list, c)
		}
	}
	page, next := paged(list, r.GetPageToken(), 2, (*rekeyv1.Canary).GetName)
	return &rekeyv1.ListCanariesResponse{Canaries: page, NextPageToken: next}, nil
}

func ordered() []*rekeyv1.Canary {
	list := Canaries()
	slices.SortFunc(list, func(a, b *rekeyv1.Canary) int {
		return cmp.Or(strings.Compare(a.GetAccountId(), b.GetAccountId()), strings.Compare(a.GetRegion(), b.GetRegion()), strings.Compare(a.GetName(), b.GetName()))
	})
	return list
}

// GetCanary returns a canary.
func (s *Server) GetCanary(_ context.Context, r *rekeyv1.GetCanaryRequest) (*rekeyv1.GetCanaryResponse, error) {
	for _, c := range Canaries() {
		if c.GetAccountId() == r.GetAccountId() && c.GetRegion() == r.GetRegion() && c.GetName() == r.GetCanaryName() {
			return &rekeyv1.GetCanaryResponse{Canary: c}, nil
		}
	}
	return nil, fail(codes.NotFound, rekeyv1.ErrorReason_ERROR_REASON_CANARY_NOT_FOUND,
		"Migration "+r.GetMigrationId()+" has no canary "+r.GetCanaryName()+" there. List its canaries to find it.",
		map[string]string{"migration_id": r.GetMigrationId(), "canary_name": r.GetCanaryName()})
}

// WatchMigration shows the migration as it is, and stays with it unless it rests. That which runs goes on: after its snapshot the stream breaks, once, and
// a stream with its cursor shows how a canary fails, the next wave begins, and all ends well.
func (s *Server) WatchMigration(r *rekeyv1.WatchMigrationRequest, stream grpc.ServerStreamingServer[rekeyv1.WatchMigrationResponse]) error {
	s.mu.Lock()
	m, err := s.find(r.GetMigrationId())
	m, breaks := proto.CloneOf(m), s.broken == 0
	if err == nil && m.GetId() == Running {
		s.broken++
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if m.GetId() != Running {
		return stay(m, stream)
	}
	if breaks {
		_ = stream.Send(&rekeyv1.WatchMigrationResponse{Cursor: "1", Event: &rekeyv1.WatchMigrationResponse_Snapshot{Snapshot: m}})
		return fail(codes.Unavailable, rekeyv1.ErrorReason_ERROR_REASON_SERVER_STOPPING, "This server is stopping. Watch again with the last cursor; nothing is lost.", nil)
	}
	if r.GetCursor() != "1" {
		return fail(codes.InvalidArgument, rekeyv1.ErrorReason_ERROR_REASON_INVALID_CURSOR, "cursor: "+r.GetCursor(), nil)
	}
	_ = stream.Send(&rekeyv1.WatchMigrationResponse{Cursor: "1", Event: &rekeyv1.WatchMigrationResponse_Heartbeat{Heartbeat: &rekeyv1.Heartbeat{}}})
	for i, change := range changes(m) {
		cursor := string(rune('2' + i))
		if err := stream.Send(&rekeyv1.WatchMigrationResponse{Cursor: cursor, Event: &rekeyv1.WatchMigrationResponse_Change{Change: change}}); err != nil {
			return err
		}
	}
	return nil
}

// stay shows a migration to which nothing happens.
func stay(m *rekeyv1.Migration, stream grpc.ServerStreamingServer[rekeyv1.WatchMigrationResponse]) error {
	err := stream.Send(&rekeyv1.WatchMigrationResponse{Cursor: "1", Event: &rekeyv1.WatchMigrationResponse_Snapshot{Snapshot: m}})
	if err != nil || containsWord(resting, m.GetState().String()[len("MIGRATION_STATE_"):]) {
		return err
	}
	<-stream.Context().Done()
	return stream.Context().Err()
}

// changes is how the running migration goes on.
func changes(m *rekeyv1.Migration) []*rekeyv1.Migration {
	resumed := proto.CloneOf(m)
	resumed.Pauses = nil
	resumed.Controls = append(resumed.Controls, record(51, rekeyv1.ControlVerb_CONTROL_VERB_RESUME, "bob", "RUNNING", m.GetPauses()[0].GetPart(), ""))
	resumed.Progress.States[1].Count, resumed.Progress.States[2].Count = 3, 55
	next := proto.CloneOf(resumed)
	next.Waves[1].State, next.Waves[1].Rested, next.Waves[1].EndTime = rekeyv1.WaveState_WAVE_STATE_JUDGED, 100, At(60)
	next.Waves[1].Judgement = &rekeyv1.Judgement{Verdict: rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON, Reason: "2 failures, 5 are borne"}
	next.Waves[2].State, next.Waves[2].StartTime = rekeyv1.WaveState_WAVE_STATE_RUNNING, At(60)
	end := proto.CloneOf(next)
	end.State, end.EndTime = rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED, timestamppb.New(At(90).AsTime())
	return []*rekeyv1.Migration{resumed, next, end}
}

// ListFleetCanaries lists two canaries, and a cell that can't be read.
func (s *Server) ListFleetCanaries(_ context.Context, r *rekeyv1.ListFleetCanariesRequest) (*rekeyv1.ListFleetCanariesResponse, error) {
	region := r.GetSelection().GetRegions()[0]
	return &rekeyv1.ListFleetCanariesResponse{
		Canaries: []*rekeyv1.FleetCanary{
			{AccountId: Shop, Region: region, Name: "shop-home", CanaryState: "RUNNING", RuntimeVersion: "syn-nodejs-puppeteer-9.1", Encryption: kms(OldKey), NextStep: rekeyv1.NextStep_NEXT_STEP_NONE},
			{
				AccountId: Shop, Region: region, Name: "shop-old", CanaryState: "STOPPED", RuntimeVersion: "syn-nodejs-puppeteer-3.1", Visual: true, BaselineTime: At(0),
				Encryption: &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3}, ManagedBy: "CloudFormation stack shop", NextStep: rekeyv1.NextStep_NEXT_STEP_MEND,
			},
		},
		CellProblems: failed(planned(Failed)).GetProgress().GetCellProblems(),
	}, nil
}

// SummarizeFleet is complete when it is asked for again.
func (s *Server) SummarizeFleet(_ context.Context, r *rekeyv1.SummarizeFleetRequest) (*rekeyv1.SummarizeFleetResponse, error) {
	id := strings.Repeat("f", 20)
	if r.GetSummaryId() != id {
		return &rekeyv1.SummarizeFleetResponse{SummaryId: id, Cells: 2, CellsRead: 1}, nil
	}
	return &rekeyv1.SummarizeFleetResponse{
		SummaryId: id, Complete: true, Canaries: 3, Cells: 2, CellsRead: 2,
		ByEncryption: []*rekeyv1.FleetCount{{Value: "SSE_KMS", Count: 2}, {Value: "SSE_S3", Count: 1}},
		ByKey:        []*rekeyv1.FleetCount{{Value: OldKey, Count: 2}},
		ByNextStep:   []*rekeyv1.FleetCount{{Value: "NONE", Count: 2}, {Value: "MEND", Count: 1}},
	}, nil
}
