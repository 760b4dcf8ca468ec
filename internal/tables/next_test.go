package tables

import (
	"slices"
	"testing"

	"rekey/internal/client/clienttest"
)

// A migration that succeeded is not well while somebody has to see to a canary by hand, and says first how to find it.
func TestWhatIsToBeSeenToByHand(t *testing.T) {
	m := clienttest.Migration(clienttest.Done)
	if unwell := Unwell(m); len(unwell) > 0 {
		t.Fatalf("not well: %q", unwell)
	}
	before := Next(m)
	m.Progress.ByHand = 2
	if unwell := Unwell(m); !slices.Equal(unwell, []string{"2 canaries to be seen to by hand"}) {
		t.Errorf("not well: %q", unwell)
	}
	after := Next(m)
	want := "rekey canaries " + m.GetId() + " --reason access-not-restored --reason canary-left-running"
	if after[0][0] != want || !slices.Equal(after[1:], before) {
		t.Errorf("the commands are %q, want %q before %q", after, want, before)
	}
}
