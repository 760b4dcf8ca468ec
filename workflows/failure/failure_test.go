package failure

import (
	"errors"
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
