package script

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
)

const scale = 120

// TestSeedDecides draws campaigns twice: a seed that is told after a failure must give the same world and the same script.
func TestSeedDecides(t *testing.T) {
	for seed := range uint64(20) {
		first, again := New(seed, Config{TimeScale: scale}), New(seed, Config{TimeScale: scale})
		if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
			t.Fatalf("seed %d (-first +again):\n%s", seed, diff)
		}
	}
}

// TestWithout leaves a kind of act out: all else stays as it was, so that what is missing is what matters.
func TestWithout(t *testing.T) {
	for seed := range uint64(20) {
		all, some := New(seed, Config{TimeScale: scale}), New(seed, Config{TimeScale: scale, Without: []Kind{DisableKey, EnableKey}})
		want := slices.DeleteFunc(all.Acts(), func(a Act) bool { return a.Kind == DisableKey || a.Kind == EnableKey })
		if diff := cmp.Diff(want, some.Acts()); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// TestEveryKindComesUp draws a hundred campaigns: each kind of act is among them, every world can be built, and rules that make
// calls fail don't outlast the script.
func TestEveryKindComesUp(t *testing.T) {
	kinds := []Kind{
		Pause, Resume, Cancel, Return, RollBack, Weather, RestartWorker, SiteDown, SiteUp, SilentRollBack, DeleteCanary, EditEncryption,
		EditSchedule, StopCanary, StartCanary, DisableKey, EnableKey, DeleteRole, LeaveOrganization,
	}
	missing := map[Kind]bool{}
	for _, k := range kinds {
		missing[k] = true
	}
	for seed := range uint64(100) {
		s := New(seed, Config{TimeScale: scale})
		if problems := s.Fleet.Check(); len(problems) > 0 {
			t.Fatalf("seed %d: %v", seed, problems)
		}
		for _, acts := range [][]Act{s.Early, s.Late} {
			var last Act
			for _, a := range acts {
				delete(missing, a.Kind)
				if a.Kind == Weather {
					last = a
				}
			}
			if len(last.Rules) > 0 {
				t.Errorf("seed %d ends with %v", seed, last.Rules)
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("never drawn: %v", missing)
	}
}
