package cell

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

// TestAHeldChangeIsMadeWhenItIsResumed has a worker hold an update, and the cell ask for it again as soon as its directive
// lets it, whenever that says that there was a pause at all.
func TestAHeldChangeIsMadeWhenItIsResumed(t *testing.T) {
	for name, test := range map[string]struct {
		reason    string
		format    int
		holds     int
		meanwhile bool            // the cell is told of the pause while the worker is asked
		told      []time.Duration // when it is told of the pause else, if at all
		resumed   time.Duration
		updates   []time.Duration
	}{
		"told before": {
			reason: "The cell knows that it is paused when the worker says so, and waits for nothing but its end.",
			format: workflows.FormatLean, holds: 1, meanwhile: true, resumed: 10 * time.Second, updates: []time.Duration{0, 10 * time.Second},
		},
		"resumed at once": {
			reason: "A pause of a second is over after a second.",
			format: workflows.FormatLean, holds: 1, meanwhile: true, resumed: time.Second, updates: []time.Duration{0, time.Second},
		},
		"told after": {
			reason: "The worker knows of a pause before the cell does.",
			format: workflows.FormatLean, holds: 1, told: []time.Duration{300 * time.Millisecond}, resumed: 10 * time.Second,
			updates: []time.Duration{0, 10 * time.Second},
		},
		"over already": {
			reason: "A pause that is over before the cell is told of it is no news for it: it asks, and is turned away until the gate is open.",
			format: workflows.FormatLean, holds: 2, updates: []time.Duration{0, directiveLag, 2 * directiveLag},
		},
		"before FormatLean": {
			reason: "Histories of that time have a timer.",
			format: workflows.FormatRollout, holds: 1, meanwhile: true, resumed: time.Second, updates: []time.Duration{0, afterPause},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newTurned(test.format)
			s.holds = test.holds
			tell := func(serial int64, parts ...workflows.Part) {
				s.env.SignalWorkflow(workflows.DirectSignal, workflows.Directive{
					Serial: serial, Limit: -1, MaxConcurrent: 20, Edits: workflows.EditsAtOnce, Gate: workflows.Gate{Parts: parts},
				})
			}
			began := s.env.Now()
			var updates []time.Duration
			s.updating = func(workflows.UpdateInput) error {
				updates = append(updates, s.env.Now().Sub(began).Round(100*time.Millisecond))
				if test.meanwhile && len(updates) == 1 {
					tell(1, workflows.Part{})
				}
				return nil
			}
			for _, after := range test.told {
				s.env.RegisterDelayedCallback(func() { tell(1, workflows.Part{}) }, after)
			}
			if test.resumed > 0 {
				s.env.RegisterDelayedCallback(func() { tell(2) }, test.resumed)
			}
			item := unproven()
			item.State, item.Step, item.Since, item.Revokes, item.Problem = workflows.Migrating, workflows.UpdateStep, time.Time{}, nil, nil
			s.play(t, workflows.CellRunning, workflows.Spec{Rollout: workflows.Rollout{Edits: workflows.EditsAtOnce}}, item)
			if diff := cmp.Diff(test.updates, updates); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
			if got := s.canary(t); got.State != workflows.Migrated {
				t.Errorf("the canary is %s at %s", got.State, got.Step)
			}
		})
	}
}
