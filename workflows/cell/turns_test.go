package cell

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// edit is an update that was ordered: when, and for when.
type edit struct {
	name     string
	ordered  time.Duration // after the beginning
	held     time.Duration // until its turn
	turnless bool
}

// turned is a cell of canaries that run once an hour, each so many minutes before the cell looks.
type turned struct {
	*steered
	began time.Time
	edits []edit
}

func newTurned(format int, minutes ...int) (*turned, []workflows.Canary) {
	s := &turned{steered: newSteered()}
	s.format = format
	var items []workflows.Canary
	for i := range minutes {
		item := unproven()
		item.Recorded.Name, item.Recorded.ID = fmt.Sprintf("c-%d", i), fmt.Sprintf("id-%d", i)
		item.Recorded.Schedule, item.Revokes = "rate(1 hour)", nil
		item.State, item.Step, item.Begun, item.Since, item.Problem = workflows.Pending, workflows.NoStep, time.Time{}, time.Time{}, nil
		items = append(items, item)
	}
	answers(s.steered, workflows.LastRunsActivity, func(in workflows.LastRunsInput) (workflows.LastRuns, error) {
		dated := time.Unix(1_000_000, 0)
		last := workflows.LastRuns{Dated: dated, At: s.env.Now()}
		for i, ago := range minutes {
			if name := fmt.Sprintf("c-%d", i); slices.Contains(in.Names, name) {
				last.Runs = append(last.Runs, workflows.LastRun{Name: name, Due: dated.Add(-time.Duration(ago) * time.Minute)})
			}
		}
		return last, nil
	})
	s.began = s.env.Now()
	s.updating = func(in workflows.UpdateInput) error {
		now := s.env.Now()
		s.edits = append(s.edits, edit{
			name: in.Recorded.Name, ordered: now.Sub(s.began).Round(time.Minute), held: in.Turn.Sub(now), turnless: in.Turn.IsZero(),
		})
		return nil
	}
	s.ready = func(in workflows.AwaitRunsInput) (ready workflows.ReadyRuns, err error) {
		for _, w := range in.Waiting {
			run := workflows.Run{ID: "run-" + w.Name, Started: time.Unix(3000, 0), State: "PASSED"}
			proof := workflows.RunProof{Run: run, Finding: workflows.RightKey, Encryption: sse, Objects: 1}
			ready.Ready = append(ready.Ready, workflows.Ready{Name: w.Name, Runs: []workflows.Run{run}, Proofs: []workflows.RunProof{proof}})
		}
		return ready, nil
	}
	return s, items
}

// ordered are the canaries in the order in which they were edited, with the minute of each.
func (s *turned) ordered() []string {
	var list []string
	for _, e := range s.edits {
		list = append(list, fmt.Sprintf("%s %d", e.name, int(e.ordered.Minutes())))
	}
	return list
}

var whenDue = workflows.Spec{Rollout: workflows.Rollout{Edits: workflows.EditsWhenDue}}

// TestEditsComeInTheirTurns begins canaries one at a time as their runs are due, whatever their names, and has each edit held
// until just before.
func TestEditsComeInTheirTurns(t *testing.T) {
	s, items := newTurned(workflows.FormatLean, 10, 50, 30) // due in 50, 10 and 30 minutes
	s.play(t, workflows.CellRunning, whenDue, items...)
	if diff := cmp.Diff([]string{"c-1 9", "c-2 29", "c-0 49"}, s.ordered()); diff != "" {
		t.Errorf("edits and their minutes (-want +got):\n%s", diff)
	}
	for _, e := range s.edits {
		if e.turnless || e.held < 0 || e.held > longestHold {
			t.Errorf("%s was ordered %s before its turn", e.name, e.held)
		}
	}
}

// TestAccessSettlesBeforeTheTurn begins canaries so much earlier as their access takes to settle: else they would miss their
// turns, and wait for the next with a place in the window. One whose role has been given it meanwhile needs no more time.
func TestAccessSettlesBeforeTheTurn(t *testing.T) {
	s, items := newTurned(workflows.FormatLean, 30, 10, 25, 28) // due in 30, 50, 35 and 32 minutes
	for i := range items {
		items[i].Grants = []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "r", KeyARN: kms.KeyARN, GrantName: "new"}}
	}
	s.rest = 5 * time.Minute
	spec := whenDue
	spec.AccessSettle = s.rest
	s.play(t, workflows.CellRunning, spec, items...)
	if diff := cmp.Diff([]string{"c-0 29", "c-3 31", "c-2 34", "c-1 49"}, s.ordered()); diff != "" {
		t.Errorf("edits and their minutes (-want +got):\n%s", diff)
	}
	for _, e := range s.edits {
		if e.turnless || e.held < 0 || e.held > longestHold {
			t.Errorf("%s was ordered %s before its turn", e.name, e.held)
		}
	}
}

// TestEditsThatAreNotSpread go at once, each for its reason.
func TestEditsThatAreNotSpread(t *testing.T) {
	for name, test := range map[string]struct {
		format int
		edits  workflows.EditTiming
		alter  func(*workflows.Canary)
		looks  bool
	}{
		"another format":     {workflows.FormatRollout, workflows.EditsWhenDue, func(*workflows.Canary) {}, false},
		"the rollout":        {workflows.FormatLean, workflows.EditsAtOnce, func(*workflows.Canary) {}, false},
		"a cron expression":  {workflows.FormatLean, workflows.EditsWhenDue, func(c *workflows.Canary) { c.Recorded.Schedule = "cron(0 * * * ? *)" }, false},
		"a canary at rest":   {workflows.FormatLean, workflows.EditsWhenDue, func(c *workflows.Canary) { c.Recorded.State = "STOPPED" }, false},
		"no run known of it": {workflows.FormatLean, workflows.EditsWhenDue, func(c *workflows.Canary) { c.Recorded.Name = "new" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, items := newTurned(test.format, 30)
			test.alter(&items[0])
			s.play(t, workflows.CellRunning, workflows.Spec{Rollout: workflows.Rollout{Edits: test.edits}}, items...)
			if len(s.edits) != 1 || s.edits[0].ordered != 0 || !s.edits[0].turnless || s.called(workflows.LastRunsActivity) != test.looks {
				t.Errorf("edits %v, looked for runs: %t", s.edits, s.called(workflows.LastRunsActivity))
			}
		})
	}
}

// waitingAtItsEdit is a cell whose one canary has come to its edit, which is due in half an hour.
func waitingAtItsEdit() (*turned, workflows.Canary) {
	s, items := newTurned(workflows.FormatLean)
	items = append(items, unproven())
	item := items[0]
	item.Recorded.Schedule, item.Revokes, item.Problem = "rate(1 hour)", nil, nil
	item.State, item.Step, item.Since = workflows.Migrating, workflows.UpdateStep, time.Time{}
	item.Turn = s.env.Now().Add(30*time.Minute - 5*time.Hour)
	return s, item
}

// TestRollBackDoesNotWaitForATurn puts a canary back that waits for its turn: nothing was asked for yet, and nothing is to be
// put back.
func TestRollBackDoesNotWaitForATurn(t *testing.T) {
	s, item := waitingAtItsEdit()
	s.direct(time.Minute, workflows.Directive{
		Wave: 0, Edits: workflows.EditsWhenDue, Tasks: []workflows.Task{{Serial: 1, Kind: workflows.ReturnTask}},
	})
	s.play(t, workflows.CellRunning, whenDue, item)
	if got := s.canary(t); got.State != workflows.Returned || len(s.edits) > 0 {
		t.Errorf("the canary is %s at %s; edits: %v", got.State, got.Step, s.edits)
	}
}

// TestAResumedEditHasANewTurn pauses a canary whose edit is held for its turn. When it is resumed the edit is held for another:
// those that are resumed together are not edited together.
func TestAResumedEditHasANewTurn(t *testing.T) {
	s, item := waitingAtItsEdit()
	updating, paused := s.updating, true
	s.updating = func(in workflows.UpdateInput) error {
		if paused {
			paused = false
			return failure.Pause(&workflows.Problem{Reason: workflows.Paused, Message: "paused"})
		}
		return updating(in)
	}
	s.direct(29*time.Minute, workflows.Directive{Wave: 0, Edits: workflows.EditsWhenDue, Gate: workflows.Gate{Parts: []workflows.Part{{}}}})
	s.direct(45*time.Minute, workflows.Directive{Wave: 0, Edits: workflows.EditsWhenDue})
	s.play(t, workflows.CellRunning, whenDue, item)
	if len(s.edits) != 1 {
		t.Fatalf("edits: %+v", s.edits)
	}
	if e := s.edits[0]; e.ordered < 89*time.Minute || e.held < 0 || e.held > longestHold {
		t.Errorf("the edit was ordered after %s, %s before its turn; want it an hour after the one that it missed", e.ordered, e.held)
	}
}

// TestARolloutIsHurried has a canary edited that waits for its turn, as soon as the rollout wants that.
func TestARolloutIsHurried(t *testing.T) {
	s, item := waitingAtItsEdit()
	s.direct(5*time.Minute, workflows.Directive{Wave: 0, Edits: workflows.EditsAtOnce})
	s.play(t, workflows.CellRunning, whenDue, item)
	if len(s.edits) != 1 || s.edits[0].ordered != 5*time.Minute || !s.edits[0].turnless {
		t.Errorf("edits: %+v", s.edits)
	}
}

// TestAStoryIsHandedOnWhileItWaits hands a cell on whose canary waits for its turn, which it keeps.
func TestAStoryIsHandedOnWhileItWaits(t *testing.T) {
	s, item := waitingAtItsEdit()
	s.env.RegisterDelayedCallback(func() { s.env.SetContinueAsNewSuggested(true) }, 5*time.Minute)
	s.direct(6*time.Minute, workflows.Directive{Wave: 0, Edits: workflows.EditsWhenDue}) // anything that wakes it
	s.play(t, workflows.CellRunning, whenDue, item)
	if s.last == nil || len(s.edits) > 0 || !s.last.Canaries[0].Turn.Equal(item.Turn) || s.last.Canaries[0].Step != workflows.UpdateStep {
		t.Errorf("handed on: %+v, edits: %v", s.last, s.edits)
	}
}

// TestWhatAStoryWaitsForIsCalledOff hands a cell on while AWS does not take an update for an hour, which the next run asks for
// again. Cells of before wait for it.
func TestWhatAStoryWaitsForIsCalledOff(t *testing.T) {
	for format, handed := range map[int]time.Duration{workflows.FormatTerse: time.Hour, workflows.FormatPrompt: 5 * time.Minute} {
		s, _ := newTurned(format)
		item := unproven()
		item.Revokes, item.Problem = nil, nil
		item.State, item.Step, item.Since = workflows.Migrating, workflows.UpdateStep, time.Time{}
		begun, asked := s.env.Now(), 0
		s.updating = func(workflows.UpdateInput) error {
			if asked++; asked > 1 {
				return nil
			}
			return failure.Wait("it is busy", time.Hour)
		}
		s.env.RegisterDelayedCallback(func() { s.env.SetContinueAsNewSuggested(true) }, 5*time.Minute)
		s.direct(6*time.Minute, workflows.Directive{Wave: 0}) // anything that wakes it
		s.play(t, workflows.CellRunning, workflows.Spec{}, item)
		if s.last == nil {
			t.Fatalf("format %d: it did not hand on", format)
		}
		if got := s.env.Now().Sub(begun).Truncate(time.Minute); got != handed {
			t.Errorf("format %d: it handed on after %s, want %s", format, got, handed)
		}
		if got := s.last.Canaries[0]; format == workflows.FormatPrompt && (got.Step != workflows.UpdateStep || got.Problem != nil || asked != 1) {
			t.Errorf("handed on after %d updates: %+v", asked, got)
		}
	}
}
