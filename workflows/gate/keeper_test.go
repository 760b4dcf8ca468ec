package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// fleet answers for migrations, after a while, what the test has put there. Its time is the bubble's.
type fleet struct {
	mu     sync.Mutex
	gates  map[string]workflows.Gate
	failed error
	takes  []time.Duration // by question; the last for all that follow
	asked  []string
}

func (f *fleet) Gate(ctx context.Context, migration string) (workflows.Gate, error) {
	f.mu.Lock()
	f.asked = append(f.asked, migration)
	var takes time.Duration
	if n := len(f.takes); n > 0 {
		takes = f.takes[min(len(f.asked), n)-1]
	}
	seen, err := f.gates[migration], f.failed // what is true when it is asked, not when it is answered
	f.mu.Unlock()
	select {
	case <-time.After(takes):
		return seen, err
	case <-ctx.Done():
		return workflows.Gate{}, ctx.Err()
	}
}

// pause shuts m-1's gate for parts, or opens it.
func (f *fleet) pause(parts ...workflows.Part) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gates = map[string]workflows.Gate{"m-1": {Parts: parts}}
}

var shop = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}

// of are the subjects of canary checkout in wave 1 of migrations.
func of(migrations ...string) []workflows.Subject {
	var list []workflows.Subject
	for _, m := range migrations {
		list = append(list, workflows.Subject{Migration: m, Cell: shop, Wave: 1, Canary: "checkout"})
	}
	return list
}

// TestHeldParts shuts the gate for a part at a time.
func TestHeldParts(t *testing.T) {
	wave, other := 1, 2
	for name, test := range map[string]struct {
		part     workflows.Part
		subjects []workflows.Subject
		held     bool
		metadata map[string]string
	}{
		"everything":     {workflows.Part{}, of("m-1"), true, map[string]string{"migration_id": "m-1"}},
		"its wave":       {workflows.Part{Wave: &wave}, of("m-1"), true, map[string]string{"migration_id": "m-1", "part": "wave 1"}},
		"another wave":   {workflows.Part{Wave: &other}, of("m-1"), false, nil},
		"its cell":       {workflows.Part{Cell: &shop}, of("m-1"), true, map[string]string{"migration_id": "m-1", "part": "account 111111111111 in eu-west-1"}},
		"another cell":   {workflows.Part{Cell: &workflows.Cell{Account: shop.Account, Region: "us-east-1"}}, of("m-1"), false, nil},
		"its canary":     {workflows.Part{Cell: &shop, Canary: "checkout"}, of("m-1"), true, map[string]string{"migration_id": "m-1", "part": "canary checkout of account 111111111111 in eu-west-1"}},
		"another canary": {workflows.Part{Cell: &shop, Canary: "login"}, of("m-1"), false, nil},
		"one of two":     {workflows.Part{}, of("m-2", "m-1"), true, map[string]string{"migration_id": "m-1"}},
		"another's":      {workflows.Part{}, of("m-2"), false, nil},
		"nobody's":       {workflows.Part{}, []workflows.Subject{{}}, false, nil},
		"without any":    {workflows.Part{}, nil, false, nil},
		"the cell's own": {workflows.Part{Cell: &shop, Canary: "checkout"}, []workflows.Subject{{Migration: "m-1", Cell: shop, Wave: -1}}, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fleet{}
			f.pause(test.part)
			err := New(f).Ask(t.Context(), test.subjects)
			if failure.IsPause(err) != test.held || (err == nil) == test.held {
				t.Fatalf("got %v, want held %v", err, test.held)
			}
			if err == nil {
				return
			}
			if _, again := failure.Own(err); again {
				t.Error("the server would try again, where the workflow is to ask when it is resumed")
			}
			if diff := cmp.Diff(test.metadata, failure.Problem(err).Metadata); diff != "" {
				t.Errorf("metadata (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnswersServeForHalfASecond counts questions: an answer serves others for half a second from when it was asked for.
func TestAnswersServeForHalfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{takes: []time.Duration{200 * time.Millisecond}}
		k := New(f)
		for _, step := range []struct {
			after  time.Duration
			asked  int
			reason string
		}{
			{0, 1, "nothing is known"},
			{299 * time.Millisecond, 1, "the answer is 499 ms old, counted from the question"},
			{time.Millisecond, 2, "it is 500 ms old"},
		} {
			<-time.After(step.after)
			if err := k.Ask(t.Context(), of("m-1")); err != nil {
				t.Fatal(err)
			}
			if len(f.asked) != step.asked {
				t.Errorf("%d questions, want %d: %s", len(f.asked), step.asked, step.reason)
			}
		}
	})
}

// TestPauseHoldsWithinASecond pauses right after a question was answered, and lets calls begin for a while.
func TestPauseHoldsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{takes: []time.Duration{30 * time.Millisecond}}
		k := New(f)
		if err := k.Ask(t.Context(), of("m-1")); err != nil {
			t.Fatal(err)
		}
		f.pause(workflows.Part{})
		paused := time.Now()
		var last time.Duration
		for time.Since(paused) < 3*time.Second {
			if err := k.Ask(t.Context(), of("m-1")); err == nil {
				last = time.Since(paused)
			}
			<-time.After(10 * time.Millisecond)
		}
		if last == 0 || last >= fresh {
			t.Errorf("the last call began %s after the pause was answered", last)
		}
	})
}

// TestOpenedGateIsSeenAtOnce resumes while the answer that all is paused is still fresh.
func TestOpenedGateIsSeenAtOnce(t *testing.T) {
	f := &fleet{}
	f.pause(workflows.Part{})
	k := New(f)
	if err := k.Ask(t.Context(), of("m-1")); !failure.IsPause(err) {
		t.Fatalf("got %v", err)
	}
	f.pause()
	if err := k.Ask(t.Context(), of("m-1")); err != nil {
		t.Errorf("after it was resumed: %v", err)
	}
}

// TestOneQuestionForAll lets many ask while the first question is under way, of whom the first gives up.
func TestOneQuestionForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{takes: []time.Duration{100 * time.Millisecond}}
		k := New(f)
		first, giveUp := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if err := k.Ask(first, of("m-1")); err == nil {
				t.Error("who gave up is let through")
			}
		})
		synctest.Wait()
		for range 50 {
			all.Go(func() {
				if err := k.Ask(t.Context(), of("m-1")); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		giveUp()
		all.Wait()
		if len(f.asked) != 1 {
			t.Errorf("%d questions, want one", len(f.asked))
		}
	})
}

// TestWithoutAnAnswerNothingBegins has the migrations fail, hang, and answer too late to count.
func TestWithoutAnAnswerNothingBegins(t *testing.T) {
	const slow = 2 * time.Second
	for name, test := range map[string]struct {
		fleet *fleet
		begin bool
		asked int
	}{
		"an error":                {&fleet{failed: errors.New("Temporal is away")}, false, 1},
		"no answer":               {&fleet{takes: []time.Duration{time.Hour}}, false, 1},
		"late for good":           {&fleet{takes: []time.Duration{slow}}, false, questions},
		"late once, by a replay":  {&fleet{takes: []time.Duration{slow, time.Millisecond}}, true, 2},
		"in time, if not at once": {&fleet{takes: []time.Duration{lasting - time.Millisecond}}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := New(test.fleet).Ask(t.Context(), of("m-1"))
				if (err == nil) != test.begin || len(test.fleet.asked) != test.asked {
					t.Fatalf("got %v after %d questions, want begin %v after %d", err, len(test.fleet.asked), test.begin, test.asked)
				}
				if err == nil {
					return
				}
				if problem, again := failure.Own(err); !again || problem.Metadata["migration_id"] != "m-1" {
					t.Errorf("got %+v, tried again %v: another attempt may find it out", problem, again)
				}
			})
		})
	}
}

// TestLateSecondAnswerAgesTheFirst asks two migrations, one after the other: when the second has answered, the first's
// answer is too old for a call on behalf of both.
func TestLateSecondAnswerAgesTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{takes: []time.Duration{400 * time.Millisecond, 400 * time.Millisecond, time.Millisecond}}
		if err := New(f).Ask(t.Context(), of("m-1", "m-2")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"m-1", "m-2", "m-1"}, f.asked); diff != "" {
			t.Errorf("questions (-want +got):\n%s", diff)
		}
	})
}

// TestOldAnswersGo asks many migrations, over a while.
func TestOldAnswersGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := New(&fleet{})
		for i := range 100 {
			if err := k.Ask(t.Context(), of(fmt.Sprintf("m-%d", i))); err != nil {
				t.Fatal(err)
			}
			<-time.After(100 * time.Millisecond)
		}
		if n := len(k.answers); n > 5 {
			t.Errorf("%d answers are kept, of which 5 are fresh", n)
		}
	})
}

func TestContext(t *testing.T) {
	f := &fleet{}
	f.pause(workflows.Part{})
	bare := t.Context()
	guarded := With(bare, New(f), of("m-2", "m-1"))
	for name, test := range map[string]struct {
		ctx  context.Context
		held bool
	}{
		"without a gate":         {bare, false},
		"narrowed without one":   {OnBehalf(bare, of("m-1")), false},
		"on behalf of both":      {guarded, true},
		"narrowed to the open":   {OnBehalf(guarded, of("m-2")), false},
		"narrowed to the paused": {OnBehalf(guarded, of("m-1")), true},
	} {
		if err := Ask(test.ctx); failure.IsPause(err) != test.held {
			t.Errorf("%s: got %v, want held %v", name, err, test.held)
		}
	}
}
