package migration

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"rekey/workflows"
)

var (
	openGate = workflows.GateNotice{}
	shutGate = workflows.GateNotice{Gate: workflows.Gate{Parts: []workflows.Part{{}}}}
)

// TestTheMemoShowsTheGate pauses and resumes a migration, and reads what its memo shows.
func TestTheMemoShowsTheGate(t *testing.T) {
	for name, test := range map[string]struct {
		reason string
		format int
		want   []workflows.GateNotice
	}{
		"a migration": {
			reason: "It begins with an open gate, whatever was there before, and writes no more than what changes.",
			format: workflows.FormatLean, want: []workflows.GateNotice{openGate, shutGate, openGate},
		},
		"an older one": {reason: "Histories of that time have no memo that changes.", format: workflows.FormatRollout},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, map[string]content{"1": {canaries: states(good).canaries, lasts: []time.Duration{2 * time.Hour}}})
			s.format = test.format
			s.at(time.Minute, func() { s.ask(workflows.PauseUpdate, workflows.Pause{Reason: "look"}) })
			s.at(2*time.Minute, func() { s.ask(workflows.PauseUpdate, workflows.Pause{Reason: "look again"}) })
			s.at(time.Hour, func() { s.ask(workflows.ResumeUpdate, workflows.Resume{}) })
			s.at(5*time.Hour, s.close)
			s.run(workflows.Rollout{})
			if diff := cmp.Diff(test.want, s.notices); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

// TestARunThatIsHandedOnShowsItsGate pauses a migration in the task that ends its run: the next one begins with the memo of this.
func TestARunThatIsHandedOnShowsItsGate(t *testing.T) {
	s := newStage(t, map[string]content{"1": {canaries: states(good).canaries, lasts: []time.Duration{2 * time.Hour}, dies: time.Hour}})
	s.format = workflows.FormatLean
	s.at(time.Minute, func() {
		s.env.UpdateWorkflow(workflows.PauseUpdate, "pause", &testsuite.TestUpdateCallback{
			OnReject: func(err error) { t.Error(err) }, OnAccept: func() { s.env.SetContinueAsNewSuggested(true) },
			OnComplete: func(any, error) {},
		}, workflows.Pause{Reason: "look"})
	})
	s.run(workflows.Rollout{})
	if diff := cmp.Diff([]workflows.GateNotice{openGate, shutGate}, s.notices); diff != "" {
		t.Errorf("the memo (-want +got):\n%s", diff)
	}
}

// TestALargeGateIsAskedFor pauses more parts than a memo has room for.
func TestALargeGateIsAskedFor(t *testing.T) {
	var g workflows.Gate
	for i := range workflows.MaxNoticed + 1 {
		g.Parts = append(g.Parts, workflows.Part{Cell: &workflows.Cell{Account: "1", Region: region}, Canary: fmt.Sprint("c-", i)})
	}
	if notice := workflows.NoticeOf(g); !notice.Ask || len(notice.Gate.Parts) > 0 {
		t.Errorf("%d parts: %+v", len(g.Parts), notice)
	}
	g.Parts = g.Parts[1:]
	if notice := workflows.NoticeOf(g); notice.Ask || len(notice.Gate.Parts) != workflows.MaxNoticed {
		t.Errorf("%d parts: %+v", len(g.Parts), notice)
	}
}
