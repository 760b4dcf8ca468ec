package planning

import (
	"fmt"
	"testing"

	"rekey/workflows"
)

// TestSizeOfAPlan says how large a cell's plan is at AWS's default quota of 200 canaries a Region: far from what a cell
// can hold, also when every canary has two browsers, each with a baseline of ten screenshots.
func TestSizeOfAPlan(t *testing.T) {
	var plain, visual []workflows.Settings
	for i := range 200 {
		s := running(func(s *workflows.Settings) { s.Name, s.ID = fmt.Sprintf("canary-%03d", i), fmt.Sprintf("%036d", i) })
		plain = append(plain, s)
		for _, browser := range []string{"CHROME", "FIREFOX"} {
			reference := workflows.VisualReference{BaseRunID: fmt.Sprintf("%036d", i), Browser: browser}
			for n := range 10 {
				reference.Screenshots = append(reference.Screenshots, workflows.Screenshot{Name: fmt.Sprintf("screenshot-%d", n), Ignore: []string{"10,10,200,50"}})
			}
			s.Visual = append(s.Visual, reference)
		}
		visual = append(visual, s)
	}
	const most = 600_000 // of a cell, see cell.maxItems
	for name, canaries := range map[string][]workflows.Settings{"plain": plain, "visual": visual} {
		size := Freeze(observed(canaries...)).Bytes
		t.Logf("%s: %d bytes a canary", name, size/len(canaries))
		if size > most {
			t.Errorf("200 %s canaries have %d bytes", name, size)
		}
	}
}
