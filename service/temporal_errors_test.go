package service

import (
	"errors"
	"testing"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
)

func TestTemporalsErrors(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want error
		not  error
	}{
		"overloaded": {
			serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "namespace rate limit exceeded"), ErrTemporalOverloaded, ErrNoWorker,
		},
		"away":      {serviceerror.NewUnavailable("no hosts"), ErrUnavailable, ErrTemporalOverloaded},
		"not found": {serviceerror.NewNotFound("no such execution"), ErrNotFound, ErrUnavailable},
	} {
		got := (&Temporal{}).classify(t.Context(), test.err, "asking", nobody)
		if !errors.Is(got, test.want) || errors.Is(got, test.not) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	if !errors.Is(ErrTemporalOverloaded, ErrUnavailable) {
		t.Error("an overload does not pass")
	}
}
