package failure

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

// TestProblemOfAnErrorThatCrossedNoWire reads the problem of an error where it was made: workflow code does that too.
func TestProblemOfAnErrorThatCrossedNoWire(t *testing.T) {
	want := &workflows.Problem{Reason: workflows.NotReturnable, Message: "m", NextStep: "n", Metadata: map[string]string{"a": "b"}}
	for name, err := range map[string]error{"refusal": Refuse(want), "retry": Retry(want, 0)} {
		if diff := cmp.Diff(want, Problem(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := Problem(errors.New("x")); got.Reason != workflows.Internal || got.Message != "x" {
		t.Errorf("got %+v", got)
	}
}

// TestWhatAFailureMeans has each way to end an activity be read as that way, also through the wrapping of a caller.
func TestWhatAFailureMeans(t *testing.T) {
	paused := &workflows.Problem{Reason: workflows.Paused, Message: "m"}
	denied := &workflows.Problem{Reason: workflows.AccessDenied, Message: "m"}
	type reading struct{ Wait, Refusal, Pause, Own, Again bool }
	for name, test := range map[string]struct {
		err  error
		want reading
	}{
		"refusal":           {Refuse(denied), reading{Refusal: true, Own: true}},
		"classified so":     {Classified(denied, false), reading{Refusal: true, Own: true}},
		"retry":             {Classified(denied, true), reading{Own: true, Again: true}},
		"pause":             {Classified(paused, false), reading{Pause: true, Own: true}},
		"wait":              {Wait("not yet", 0), reading{Wait: true, Own: true, Again: true}},
		"another's":         {errors.New("connection reset"), reading{}},
		"a pause, in a sdk": {fmt.Errorf("operation error KMS: %w", Pause(paused)), reading{Pause: true, Own: true}},
	} {
		own, again := Own(test.err)
		got := reading{IsWait(test.err), IsRefusal(test.err), IsPause(test.err), own != nil, again}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
