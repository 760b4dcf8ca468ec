package peers

import (
	"context"
	"io"
	"testing"
	"time"

	"rekey/internal/stack/stacktest"
)

// started is a bench with the programs of this source.
func started(t *testing.T) *bench {
	t.Helper()
	bin, out := stacktest.Programs(t), t.TempDir()
	program, err := build(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{place: place{bin: bin, plain: program, out: out}, log: io.Discard}
}

// TestContendersDoTheSameWork lets each contender migrate the same fleet, with shared roles and visual canaries.
func TestContendersDoTheSameWork(t *testing.T) {
	b := started(t)
	load := Workload{
		Canaries: 8, Accounts: 1, Regions: 2, Seed: 3, VisualEvery: 3, SharedRoleEvery: 2, Window: 4, TimeScale: 120, Limited: true, Updates: 2,
	}
	for _, c := range []Contender{Goroutines, OneByOne, Rekey} {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			r, err := b.measure(t.Context(), c, load, slug(string(c)))
			if err != nil {
				t.Fatal(err)
			}
			result := Result{Answers: []Answer{{Question: Question{Workload: load}, Runs: []Run{r}}}}
			if result.judge(); len(result.Broken) > 0 {
				t.Errorf("it left %+v: %v", r.Left, result.Broken)
			}
			for operation, least := range load.least() {
				if float64(r.Calls[operation]) < least {
					t.Errorf("%d calls of %s are less than the least, %g", r.Calls[operation], operation, least)
				}
			}
		})
	}
}

// TestKilledHalfWay kills each contender in the middle: what remembers nothing leaves a fleet that nobody finishes.
func TestKilledHalfWay(t *testing.T) {
	b := started(t)
	load := Workload{Canaries: 10, Accounts: 1, Regions: 1, Seed: 3, VisualEvery: 4, Window: 2, TimeScale: 60}
	for _, c := range []Contender{Goroutines, Rekey} {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			k, err := b.kill(t.Context(), c, load)
			if err != nil {
				t.Fatal(err)
			}
			result := Result{Kills: []Kill{k}}
			if result.judge(); len(result.Broken) > 0 {
				t.Errorf("broken: %v", result.Broken)
			}
			if finished := k.Finished(); finished != (c == Rekey) {
				t.Errorf("finished: %t, with %+v", finished, k.End)
			}
		})
	}
}

// TestAwaitEndsWithItsContext waits for what never is.
func TestAwaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	err := await(ctx, time.Millisecond, func() (bool, error) {
		if asked++; asked == 3 {
			cancel()
		}
		return false, nil
	})
	if err == nil || asked < 3 {
		t.Errorf("after %d questions the wait ended with %v", asked, err)
	}
}
