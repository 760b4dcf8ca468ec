package board

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

// Lines follows a migration until it rests, and writes a line for each change. It returns the migration as it was last.
func Lines(ctx context.Context, cfg Config) (*rekeyv1.Migration, error) {
	l := &lines{out: cfg.Out, now: time.Now}
	cfg.Watch.Trouble = func(err error) { l.sayf("%s", client.Explain(err).Broken()) }
	return cfg.Watch.Follow(ctx, func(m *rekeyv1.Migration) (bool, error) {
		l.show(m)
		if cfg.Seen == nil {
			return false, nil
		}
		return false, cfg.Seen(ctx, m)
	})
}

// lines writes what differs from the migration before.
type lines struct {
	out  io.Writer
	now  func() time.Time
	last *rekeyv1.Migration
}

// sayf writes a line. When nobody can be told any more there is nobody to tell that either.
func (l *lines) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(l.out, "%s  %s\n", l.now().UTC().Format("15:04:05Z"), fmt.Sprintf(format, args...))
}

func (l *lines) show(m *rekeyv1.Migration) {
	for _, line := range Changes(l.last, m) {
		l.sayf("%s", line)
	}
	l.last = m
}

// Changes is what differs between two states of a migration, a line each; of the first one, what it is.
func Changes(before, now *rekeyv1.Migration) []string {
	var list []string
	if before == nil || before.GetState() != now.GetState() || before.GetStateReason() != now.GetStateReason() {
		list = append(list, tables.Line(now))
	}
	if before != nil {
		list = append(list, verbs(before, now)...)
	}
	list = append(list, waveChanges(before, now)...)
	list = append(list, pauseChanges(before, now)...)
	if counts := tables.Counts(now.GetProgress()); counts != "" && counts != tables.Counts(before.GetProgress()) {
		if rested, all := Rested(now); all > 0 {
			counts = fmt.Sprintf("%d of %d rest: %s", rested, all, counts)
		}
		list = append(list, counts)
	}
	return list
}

// verbs are the control verbs that were called since.
func verbs(before, now *rekeyv1.Migration) []string {
	var list []string
	for _, c := range now.GetControls() {
		old := slices.ContainsFunc(before.GetControls(), func(b *rekeyv1.ControlRecord) bool {
			return b.GetVerb() == c.GetVerb() && b.GetTime().AsTime().Equal(c.GetTime().AsTime()) && b.GetCaller().GetName() == c.GetCaller().GetName()
		})
		if !old {
			line := cmpOr(c.GetCaller().GetName(), "somebody") + ": " + tables.Word(c.GetVerb()) + " " + tables.Part(c.GetPart())
			list = append(list, line+said(c.GetDetail()))
		}
	}
	return list
}

// waveChanges are waves whose state has changed.
func waveChanges(before, now *rekeyv1.Migration) []string {
	var list []string
	states := map[int32]rekeyv1.WaveState{}
	for _, w := range before.GetWaves() {
		states[w.GetNumber()] = w.GetState()
	}
	for _, w := range now.GetWaves() {
		if w.GetState() == rekeyv1.WaveState_WAVE_STATE_PENDING || states[w.GetNumber()] == w.GetState() {
			continue
		}
		line := fmt.Sprintf("wave %d (%s, %s) is %s", w.GetNumber(), w.GetTitle(), tables.Counted(int(w.GetCanaries()), "canary"), tables.Word(w.GetState()))
		if j := tables.Judgement(w.GetJudgement()); j != "" {
			line += ": " + j
		}
		list = append(list, line)
	}
	return list
}

// pauseChanges are pauses that began or ended.
func pauseChanges(before, now *rekeyv1.Migration) []string {
	had, has := pauses(before), pauses(now)
	var list []string
	for _, part := range slices.Sorted(maps.Keys(has)) {
		if _, ok := had[part]; !ok {
			list = append(list, part+" is paused, "+has[part])
		}
	}
	for _, part := range slices.Sorted(maps.Keys(had)) {
		if _, ok := has[part]; !ok {
			list = append(list, part+" is paused no more")
		}
	}
	return list
}

func pauses(m *rekeyv1.Migration) map[string]string {
	by := map[string]string{}
	for _, p := range m.GetPauses() {
		by[tables.Part(p.GetPart())] = strings.TrimSpace(tables.Word(p.GetCause()) + said(p.GetReason()))
	}
	return by
}
