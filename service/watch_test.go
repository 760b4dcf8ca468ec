package service_test

import (
	"cmp"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// fast polls and beats as fast as it can; slow does neither again in a test's life.
var (
	fast = service.Config{PollInterval: time.Millisecond, Heartbeat: time.Hour}
	slow = service.Config{PollInterval: time.Hour, Heartbeat: time.Hour}
)

type stream = grpc.ServerStreamingClient[rekeyv1.WatchMigrationResponse]

func watch(t *testing.T, h *servicetest.Harness, id, cursor string) stream {
	t.Helper()
	s, err := h.Client.WatchMigration(t.Context(), &rekeyv1.WatchMigrationRequest{MigrationId: id, Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func receive(t *testing.T, s stream) *rekeyv1.WatchMigrationResponse {
	t.Helper()
	message, err := s.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if message.GetCursor() == "" {
		t.Errorf("%v has no cursor", message)
	}
	return message
}

func wantEnd(t *testing.T, s stream) {
	t.Helper()
	if message, err := s.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("%v, %v; want the end", message, err)
	}
}

func enter(h *servicetest.Harness, id string, state workflows.State) {
	h.Fake.Edit(id, func(v *workflows.MigrationView) { v.State = state })
}

func TestWatchShowsASnapshotThenChangesThenEnds(t *testing.T) {
	for _, last := range []workflows.State{
		workflows.Succeeded, workflows.Failed, workflows.CancelledState, workflows.Planned, workflows.RolledBackState, workflows.ClosedState,
	} {
		h := servicetest.New(t, fast)
		id := create(t, h)
		s := watch(t, h, id, "")
		if got := receive(t, s).GetSnapshot(); got.GetId() != id || got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_PLANNING {
			t.Fatalf("first %v, want a snapshot", got)
		}
		enter(h, id, workflows.AwaitingApproval)
		if got := receive(t, s).GetChange(); got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL {
			t.Fatalf("then %v, want a change", got)
		}
		enter(h, id, last)
		if got := receive(t, s).GetChange(); !strings.HasSuffix(got.GetState().String(), string(last)) {
			t.Fatalf("then %v, want %s", got, last)
		}
		wantEnd(t, s)
	}
}

func TestWatchOfARestingMigrationEndsAfterTheSnapshot(t *testing.T) {
	h := servicetest.New(t, slow)
	id := create(t, h)
	enter(h, id, workflows.Succeeded)
	s := watch(t, h, id, "")
	message := receive(t, s)
	if message.GetSnapshot().GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		t.Errorf("%v, want a snapshot", message)
	}
	wantEnd(t, s)
	wantEnd(t, watch(t, h, id, message.GetCursor())) // what it would show was seen
}

// snapshot is a stream's snapshot; heartbeats may come before the first answer.
func snapshot(t *testing.T, s stream) *rekeyv1.WatchMigrationResponse {
	t.Helper()
	for {
		if message := receive(t, s); message.GetSnapshot() != nil {
			return message
		}
	}
}

func TestWatchBeats(t *testing.T) {
	h := servicetest.New(t, service.Config{PollInterval: time.Hour, Heartbeat: time.Millisecond})
	id := create(t, h)
	s := watch(t, h, id, "")
	first := snapshot(t, s)
	for range 3 {
		beat := receive(t, s)
		if beat.GetHeartbeat().GetTime() == nil || beat.GetCursor() != first.GetCursor() {
			t.Fatalf("%v, want a heartbeat with the cursor of before", beat)
		}
	}
}

func TestWatchResumes(t *testing.T) {
	h := servicetest.New(t, fast)
	id := create(t, h)
	cursor := receive(t, watch(t, h, id, "")).GetCursor()

	s := watch(t, h, id, cursor)
	if err := h.Fake.AwaitQuery(t.Context(), id); err != nil { // it is followed, and nothing has changed
		t.Fatal(err)
	}
	enter(h, id, workflows.AwaitingApproval)
	message := receive(t, s)
	if message.GetChange() == nil && message.GetSnapshot() == nil || message.GetHeartbeat() != nil {
		t.Errorf("first %v, want what has changed", message)
	}

	enter(h, id, workflows.Running)
	message = receive(t, watch(t, h, id, message.GetCursor()))
	got := cmp.Or(message.GetSnapshot(), message.GetChange()) // a change when the other watch had not seen it yet
	if got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_RUNNING {
		t.Errorf("after a change %v, want it", message)
	}
}

func TestWatchResumesWithoutASnapshotWhenNothingChanged(t *testing.T) {
	h := servicetest.New(t, service.Config{PollInterval: time.Hour, Heartbeat: time.Millisecond})
	id := create(t, h)
	cursor := cursorOf(t, h, id)
	s := watch(t, h, id, cursor)
	for range 3 {
		if message := receive(t, s); message.GetHeartbeat() == nil {
			t.Errorf("%v, want a heartbeat", message)
		}
	}
}

func TestWatchRefusesForeignCursors(t *testing.T) {
	h := servicetest.New(t, slow)
	id, other := create(t, h), create(t, h)
	cursor := cursorOf(t, h, id)
	enter(h, other, workflows.Running)
	for reason, foreign := range map[string]string{
		"another migration's": cursorOf(t, h, other),
		"garbage":             "garbage",
		"tampered":            "AA" + cursor[2:],
		"truncated":           cursor[:len(cursor)-3],
	} {
		_, err := watch(t, h, id, foreign).Recv()
		t.Log(reason, err)
		wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_CURSOR"})
	}
}

func TestWatchRefusesACursorFromTheFuture(t *testing.T) {
	h := servicetest.New(t, fast)
	id := create(t, h)
	enter(h, id, workflows.Running)
	cursor := cursorOf(t, h, id)
	h.Fake.Edit(id, func(v *workflows.MigrationView) { v.Revision = 0 }) // as after a reset of the workflow
	_, err := watch(t, h, id, cursor).Recv()
	wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_CURSOR"})
}

func TestManyWatchersCostOnePoller(t *testing.T) {
	h := servicetest.New(t, slow)
	id := create(t, h)
	const watchers = 20
	for range watchers {
		receive(t, watch(t, h, id, ""))
	}
	if n := h.Fake.Queries(id); n != watchers { // the poller's, and one of each who joined the first
		t.Errorf("%d questions, want %d", n, watchers)
	}
}

func TestManyWatchersSeeTheSameEnd(t *testing.T) {
	h := servicetest.New(t, fast)
	id := create(t, h)
	var watchers sync.WaitGroup
	for range 20 {
		s := watch(t, h, id, "")
		receive(t, s)
		watchers.Go(func() {
			last := &rekeyv1.WatchMigrationResponse{}
			for {
				message, err := s.Recv()
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Error(err)
					return
				}
				last = message
			}
			if last.GetChange().GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
				t.Errorf("the last message is %v", last)
			}
		})
	}
	for range 5 {
		enter(h, id, workflows.Running)
	}
	enter(h, id, workflows.Succeeded)
	watchers.Wait()
}

func TestSlowReadersGetFoldedChanges(t *testing.T) {
	h := servicetest.New(t, fast)
	id := create(t, h)
	s := watch(t, h, id, "")
	receive(t, s)
	const changes = 100
	for range changes {
		h.Fake.Edit(id, func(v *workflows.MigrationView) { v.StateReason = strings.Repeat("x", 200_000) })
		if err := h.Fake.AwaitQuery(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	enter(h, id, workflows.Succeeded)
	got := 0
	for {
		message, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got++
		if message.GetChange().GetState() == rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
			wantEnd(t, s)
			break
		}
	}
	if got > changes/2 {
		t.Errorf("%d messages for %d changes that nobody read", got, changes)
	}
}

func TestWatchOutlastsAWorkerRestart(t *testing.T) {
	for reason, away := range map[string]error{"a worker": service.ErrNoWorker, "Temporal": service.ErrUnavailable} {
		h := servicetest.New(t, service.Config{PollInterval: time.Millisecond, Heartbeat: time.Millisecond})
		id := create(t, h)
		s := watch(t, h, id, "")
		cursor := snapshot(t, s).GetCursor()
		h.Fake.FailWorkers(away)
		resumed := watch(t, h, id, cursor)
		for range 3 {
			if err := h.Fake.AwaitQuery(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range []stream{s, resumed} {
			if message := receive(t, s); message.GetHeartbeat() == nil {
				t.Errorf("%s is away: %v, want a heartbeat", reason, message)
			}
		}
		h.Fake.FailWorkers(nil)
		enter(h, id, workflows.Succeeded)
		for _, s := range []stream{s, resumed} {
			message := receive(t, s)
			for message.GetHeartbeat() != nil {
				message = receive(t, s)
			}
			if message.GetChange() == nil && message.GetSnapshot() == nil {
				t.Errorf("%s is back: %v, want what has changed", reason, message)
			}
			wantEnd(t, s)
		}
	}
}

func TestWatchLosesPatience(t *testing.T) {
	h := servicetest.New(t, service.Config{PollInterval: time.Millisecond, Heartbeat: time.Hour, Patience: 1})
	id := create(t, h)
	s := watch(t, h, id, "")
	receive(t, s)
	h.Fake.FailWorkers(service.ErrNoWorker)
	_, err := s.Recv()
	wantError(t, err, wanted{codes.Unavailable, "WORKER_UNAVAILABLE", map[string]string{"migration_id": id}})
}

func TestWatchEndsWhenItsMigrationIsGone(t *testing.T) {
	h := servicetest.New(t, fast)
	id := create(t, h)
	s := watch(t, h, id, "")
	receive(t, s)
	h.Fake.FailWorkers(service.ErrNotFound)
	_, err := s.Recv()
	wantError(t, err, wanted{codes.NotFound, "MIGRATION_NOT_FOUND", map[string]string{"migration_id": id}})
}

func TestShutdownEndsWatches(t *testing.T) {
	h := servicetest.New(t, slow)
	s := watch(t, h, create(t, h), "")
	receive(t, s)
	h.Stop()
	_, err := s.Recv()
	wantError(t, err, wanted{codes.Unavailable, "SERVER_STOPPING", nil})
}
