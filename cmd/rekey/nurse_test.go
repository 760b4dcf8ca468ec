package main

import (
	"strings"
	"testing"

	"rekey/internal/stack"
)

func TestRevive(t *testing.T) {
	var out strings.Builder
	n := &nurse{out: &out}
	for i, want := range []bool{true, true, false} {
		if got := n.revive(&stack.DiedError{Process: stack.Worker, State: "signal: killed"}); got != want {
			t.Errorf("death %d of a worker in quick succession: started again is %v, want %v", i+1, got, want)
		}
	}
	if !n.revive(&stack.DiedError{Process: stack.Server}) {
		t.Error("the worker's deaths are held against the server")
	}
	for _, keeper := range []string{stack.Temporal, stack.AWS} {
		if n.revive(&stack.DiedError{Process: keeper}) {
			t.Errorf("%s is started again, without the state that it kept in memory", keeper)
		}
	}
	if !strings.Contains(out.String(), "rekey-worker has died (signal: killed)") {
		t.Errorf("a death is not reported: %q", &out)
	}
}
