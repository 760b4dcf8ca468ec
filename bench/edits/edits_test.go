package edits

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWaysOfEditing names the ways that ever make more runs go on at once than before, when half of the canaries are edited or
// when all are: an edit that is made when a run is due never does.
func TestWaysOfEditing(t *testing.T) {
	r, err := compare(1)
	if err != nil {
		t.Fatal(err)
	}
	worse := map[string][]Way{}
	for _, row := range r.Rows {
		t.Logf("%s: %d at once; %v", row.Fleet, row.Before, row.Ways)
		for _, way := range []Way{AsSoonAsCanBe, Evenly, WhenDue} {
			if row.worse(way) {
				worse[row.Fleet.String()] = append(worse[row.Fleet.String()], way)
			}
		}
	}
	want := map[string][]Way{
		"1 × 200, rate(5 minutes)":  {AsSoonAsCanBe},
		"1 × 200, rate(1 hour)":     {AsSoonAsCanBe},
		"1000 × 1, rate(1 hour)":    {AsSoonAsCanBe, Evenly},
		"100 × 10, rate(5 minutes)": {AsSoonAsCanBe, Evenly},
	}
	if diff := cmp.Diff(want, worse); diff != "" {
		t.Errorf("ways that are worse than before (-want +got):\n%s", diff)
	}
}
