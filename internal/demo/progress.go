package demo

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// display shows how far a migration is. Its methods are called from one goroutine.
type display interface {
	// show shows the migration and its canaries as they are now.
	show(m *rekeyv1.Migration, canaries []*rekeyv1.Canary)
	// close shows no more, and returns when everything has been written.
	close()
}

// lines shows progress as lines of text, for logs and pipes: one for each change of the counts, and one for each
// canary that has come to rest.
type lines struct {
	out      io.Writer
	began    time.Time
	accounts tables.Accounts
	rested   map[string]bool
	last     string
}

func newLines(out io.Writer, accounts tables.Accounts) *lines {
	return &lines{out: out, began: time.Now(), accounts: accounts, rested: map[string]bool{}}
}

func (l *lines) show(m *rekeyv1.Migration, canaries []*rekeyv1.Canary) {
	at := time.Since(l.began).Seconds()
	for _, c := range tables.InOrder(canaries) {
		id := c.GetAccountId() + "/" + c.GetRegion() + "/" + c.GetName()
		if !planned(c) || !rests(c) || l.rested[id] {
			continue
		}
		l.rested[id] = true
		tellf(l.out, "%6.1f s  %s %s %s: %s\n", at, l.accounts[c.GetAccountId()], c.GetRegion(), c.GetName(), conclusion(c))
	}
	if counts := countsOf(m, canaries); counts != l.last {
		l.last = counts
		tellf(l.out, "%6.1f s  %s\n", at, counts)
	}
}

func (l *lines) close() {}

// countsOf is how many canaries are where, in a line.
func countsOf(m *rekeyv1.Migration, canaries []*rekeyv1.Canary) string {
	states, steps := map[rekeyv1.CanaryState]int{}, map[rekeyv1.CanaryStep]int{}
	for _, c := range canaries {
		if c.GetState() == rekeyv1.CanaryState_CANARY_STATE_MIGRATING {
			steps[c.GetStep()]++
		} else {
			states[c.GetState()]++
		}
	}
	parts := []string{tables.Word(m.GetState())}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		parts = append(parts, fmt.Sprintf("%d %s", states[state], tables.Word(state)))
	}
	for _, step := range slices.Sorted(maps.Keys(steps)) {
		parts = append(parts, fmt.Sprintf("%d in %s", steps[step], tables.Word(step)))
	}
	return strings.Join(parts, ", ")
}

// bars shows progress on a terminal: a bar for each canary that is migrated, five steps long.
type bars struct {
	writer   progress.Writer
	accounts tables.Accounts
	trackers map[string]*progress.Tracker
	ended    chan struct{}
}

// steps is the length of a canary's bar: the five steps of its story.
const steps = 5

func newBars(out io.Writer, accounts tables.Accounts) *bars {
	w := progress.NewWriter()
	w.SetOutputWriter(out)
	w.SetStyle(progress.StyleBlocks)
	w.SetTrackerPosition(progress.PositionRight)
	w.SetTrackerLength(20)
	w.SetMessageLength(48) // with the bar and the time, a line fits on 80 columns
	w.SetUpdateFrequency(200 * time.Millisecond)
	w.SetSortBy(progress.SortByIndex)
	w.Style().Options.Separator, w.Style().Options.DoneString = "", ""
	w.Style().Options.TimeInProgressPrecision = time.Second
	w.Style().Options.TimeDonePrecision = time.Second
	w.Style().Visibility = progress.StyleVisibility{Tracker: true, TrackerOverall: true, Time: true, Percentage: false}
	b := &bars{writer: w, accounts: accounts, trackers: map[string]*progress.Tracker{}, ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		w.Render()
	}()
	return b
}

func (b *bars) show(_ *rekeyv1.Migration, canaries []*rekeyv1.Canary) {
	for i, c := range tables.InOrder(canaries) {
		if !planned(c) {
			continue
		}
		id := c.GetAccountId() + "/" + c.GetRegion() + "/" + c.GetName()
		t, ok := b.trackers[id]
		if !ok {
			t = &progress.Tracker{Total: steps, Index: uint64(i), AutoStopDisabled: true} //nolint:gosec // an index of a slice
			b.trackers[id] = t
			b.writer.AppendTracker(t)
		}
		b.update(t, c)
	}
}

func (b *bars) update(t *progress.Tracker, c *rekeyv1.Canary) {
	if t.IsDone() {
		return
	}
	what := "waits"
	switch {
	case c.GetOldAccess().GetState() == rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD:
		what = "held"
	case rests(c):
		what = tables.Word(c.GetState())
	case c.GetStep() != rekeyv1.CanaryStep_CANARY_STEP_UNSPECIFIED:
		what = tables.Word(c.GetStep())
	}
	t.UpdateMessage(fmt.Sprintf("%-9s %-10s %-15s %s", b.accounts[c.GetAccountId()], c.GetRegion(), c.GetName(), what))
	switch {
	case c.GetState() == rekeyv1.CanaryState_CANARY_STATE_MIGRATED:
		t.SetValue(steps)
		t.MarkAsDone()
	case rests(c):
		t.MarkAsErrored()
	default:
		t.SetValue(min(int64(max(c.GetStep()-rekeyv1.CanaryStep_CANARY_STEP_GRANT, 0)), steps-1))
	}
}

func (b *bars) close() {
	b.writer.Stop()
	<-b.ended
}

// planned reports whether the plan is to migrate the canary.
func planned(c *rekeyv1.Canary) bool {
	return c.GetState() != rekeyv1.CanaryState_CANARY_STATE_SKIPPED && c.GetState() != rekeyv1.CanaryState_CANARY_STATE_BLOCKED
}

// rests reports whether the canary goes on by itself no more.
func rests(c *rekeyv1.Canary) bool {
	return c.GetState() != rekeyv1.CanaryState_CANARY_STATE_PENDING && c.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATING
}

// conclusion is how a canary came to rest, in a few words.
func conclusion(c *rekeyv1.Canary) string {
	if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATED {
		return tables.Word(c.GetState()) + ": " + tables.Because(c.GetProblem())
	}
	if old := tables.OldAccess(c); old != "" {
		return "migrated; old access: " + old
	}
	return "migrated"
}
