package matrix

import (
	"context"
	"errors"
	"testing"

	"rekey/durable/kill/point"
	"rekey/durable/kill/tap"
	"rekey/internal/stack"
)

// TestHold holds a play at its target once, and lets the message go on unless it died with the victim.
func TestHold(t *testing.T) {
	call, activity := point.Point{Kind: point.Call, What: "UpdateCanary"}, point.Point{Kind: point.Activity, What: "UpdateCanary"}
	for name, test := range map[string]struct {
		at         point.Point
		by, victim string
		want       error
	}{
		"the worker's call, the worker":       {call, stack.Worker, stack.Worker, tap.ErrGone},
		"the worker's call, the server":       {call, stack.Worker, stack.Server, nil},
		"the worker's call, Temporal":         {call, stack.Worker, stack.Temporal, nil},
		"the worker's message, the worker":    {activity, stack.Worker, stack.Worker, tap.ErrGone},
		"the worker's message, Temporal":      {activity, stack.Worker, stack.Temporal, tap.ErrGone},
		"the worker's message, the server":    {activity, stack.Worker, stack.Server, nil},
		"the server's message, the worker":    {activity, stack.Server, stack.Worker, nil},
		"the server's message, the server":    {activity, stack.Server, stack.Server, tap.ErrGone},
		"the server's message, also Temporal": {activity, stack.Server, stack.Temporal, tap.ErrGone},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatch()
			w.begin([]part{{number: 1, victim: test.victim, target: &sighting{Point: test.at}}, {number: 2}})
			for _, other := range []point.Event{
				{Play: 2, Point: test.at}, {Play: 3, Point: test.at}, {Play: 1, Point: point.Point{Kind: point.Verb}},
			} {
				if err := w.Reached(t.Context(), test.by, other); err != nil {
					t.Errorf("%v is not let through: %v", other, err)
				}
			}
			reached := make(chan error)
			go func() { reached <- w.Reached(t.Context(), test.by, point.Event{Play: 1, Point: test.at}) }()
			h := <-w.held
			h.release()
			if err := <-reached; !errors.Is(err, test.want) {
				t.Errorf("released with %v, want %v", err, test.want)
			}
			w.again([]*hold{h})
			if err := w.Reached(t.Context(), test.victim, point.Event{Play: 1, Point: test.at}); err != nil {
				t.Errorf("held a second time: %v", err)
			}
			if got := w.of(1); !got.hit || got.recovery <= 0 || len(got.seen) != 3 {
				t.Errorf("hit %t, recovered after %s, %d points; want one hit, and the next point after it", got.hit, got.recovery, len(got.seen))
			}
		})
	}
}

// TestHeldPlayEndsWithItsCaller does not keep a message whose sender has gone.
func TestHeldPlayEndsWithItsCaller(t *testing.T) {
	w := newWatch()
	at := point.Point{Kind: point.Call}
	w.begin([]part{{number: 1, victim: stack.Worker, target: &sighting{Point: at}}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Reached(ctx, stack.Worker, point.Event{Play: 1, Point: at}); !errors.Is(err, tap.ErrGone) {
		t.Errorf("got %v", err)
	}
	if n := w.unhit(); n != 0 {
		t.Errorf("%d plays have not come to their targets", n)
	}
}

// TestRecovery counts from the victim's restart to what it does next, not to what others do meanwhile.
func TestRecovery(t *testing.T) {
	at := point.Point{Kind: point.Activity}
	for name, test := range map[string]struct {
		victim    string
		next      func(w *watch)
		recovered bool
	}{
		"the worker, by its own message":   {stack.Worker, func(w *watch) { w.saw(stack.Worker, point.Event{Play: 1, Point: at}) }, true},
		"the worker, by the server's":      {stack.Worker, func(w *watch) { w.saw(stack.Server, point.Event{Play: 1, Point: at}) }, false},
		"the worker, by another play's":    {stack.Worker, func(w *watch) { w.saw(stack.Worker, point.Event{Play: 2, Point: at}) }, false},
		"the worker, by a watch":           {stack.Worker, func(w *watch) { w.heard(1) }, false},
		"the server, by a watch":           {stack.Server, func(w *watch) { w.heard(1) }, true},
		"the server, by the worker's":      {stack.Server, func(w *watch) { w.saw(stack.Worker, point.Event{Play: 1, Point: at}) }, false},
		"Temporal, by the worker's":        {stack.Temporal, func(w *watch) { w.saw(stack.Worker, point.Event{Play: 1, Point: at}) }, true},
		"anybody, by the end of the stage": {stack.Server, func(w *watch) { w.passed(1, 0) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatch()
			w.begin([]part{{number: 1, victim: test.victim, target: &sighting{Point: at}}, {number: 2}})
			h := w.saw(stack.Worker, point.Event{Play: 1, Point: at})
			test.next(w) // before the restart, nothing counts
			w.again([]*hold{h})
			if got := w.of(1).recovery; got != 0 {
				t.Fatalf("recovered in %s before it answered", got)
			}
			test.next(w)
			if got := w.of(1).recovery > 0; got != test.recovered {
				t.Errorf("recovered: %t, want %t", got, test.recovered)
			}
		})
	}
}
