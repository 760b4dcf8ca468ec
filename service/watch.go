package service

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// WatchMigration streams a migration until it rests.
func (s *Service) WatchMigration(r *rekeyv1.WatchMigrationRequest, stream grpc.ServerStreamingServer[rekeyv1.WatchMigrationResponse]) error {
	from, err := unsealCursor(r.GetMigrationId(), r.GetCursor())
	if err != nil {
		return err
	}
	leave, err := s.watchers.join(stream.Context())
	if err != nil {
		return err
	}
	defer leave()
	feed, joined := s.hub.join(r.GetMigrationId())
	defer s.hub.leave(r.GetMigrationId(), feed)
	if joined {
		s.hub.refresh(stream.Context(), r.GetMigrationId(), feed)
	}
	heartbeat := time.NewTicker(s.config.Heartbeat)
	defer heartbeat.Stop()
	w := &watch{service: s, stream: stream, heartbeat: heartbeat, at: from, resumed: r.GetCursor() != ""}
	return explain(r.GetMigrationId(), w.follow(stream.Context(), feed))
}

// watch is one stream.
type watch struct {
	service *Service
	stream  grpc.ServerStreamingServer[rekeyv1.WatchMigrationResponse]
	// heartbeat ticks when nothing was sent for as long as a watch may be silent.
	heartbeat *time.Ticker
	at        cursor
	// resumed says that the watch goes on where another ended; begun, that it has shown the migration.
	resumed, begun bool
}

// follow sends what is news, and heartbeats while nothing is.
func (w *watch) follow(ctx context.Context, feed *feed) error {
	for {
		news, changed := feed.latest()
		if rests, err := w.show(ctx, news); rests || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-w.heartbeat.C:
			if err := w.beat(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-w.service.stopping:
			return stopping()
		}
	}
}

// show sends a migration that is newer than what was sent before. It reports whether the migration rests, and ends
// with the news' error when there will be no others.
func (w *watch) show(ctx context.Context, n news) (rests bool, err error) {
	if n.view == nil {
		if n.err != nil && (n.final || !w.resumed) {
			return false, n.err
		}
		return false, nil
	}
	if err := w.verify(ctx, *n.view); err != nil {
		return false, err
	}
	if n.view.Revision > w.at.Revision {
		w.at.Revision = n.view.Revision
		if err := w.send(w.event(*n.view)); err != nil {
			return false, err
		}
	}
	w.begun = true
	if n.view.State.Rests() && n.view.Revision == w.at.Revision {
		return true, nil
	}
	if n.final {
		return false, n.err
	}
	return false, nil
}

// verify refuses a cursor from the future, which an operator's reset of the workflow can leave behind. The feed may
// only lag behind that of another server which sent the cursor, so the migration itself is asked.
func (w *watch) verify(ctx context.Context, view workflows.MigrationView) error {
	if w.at.Revision <= view.Revision {
		return nil
	}
	view, err := w.service.view(ctx, w.at.Migration)
	if err == nil && w.at.Revision > view.Revision {
		return invalidCursor(w.at.Migration)
	}
	if err != nil && !passes(err) {
		return err
	}
	return nil
}

// event is a snapshot at the beginning of a stream, and a change from then on.
func (w *watch) event(view workflows.MigrationView) *rekeyv1.WatchMigrationResponse {
	if w.begun {
		return &rekeyv1.WatchMigrationResponse{Event: &rekeyv1.WatchMigrationResponse_Change{Change: w.service.migration(view)}}
	}
	return &rekeyv1.WatchMigrationResponse{Event: &rekeyv1.WatchMigrationResponse_Snapshot{Snapshot: w.service.migration(view)}}
}

// beat says that the stream is alive.
func (w *watch) beat() error {
	return w.send(&rekeyv1.WatchMigrationResponse{
		Event: &rekeyv1.WatchMigrationResponse_Heartbeat{Heartbeat: &rekeyv1.Heartbeat{Time: timestamppb.Now()}},
	})
}

func (w *watch) send(message *rekeyv1.WatchMigrationResponse) (err error) {
	if message.Cursor, err = sealCursor(w.at); err != nil {
		return err
	}
	w.heartbeat.Reset(w.service.config.Heartbeat)
	return w.stream.Send(message)
}
