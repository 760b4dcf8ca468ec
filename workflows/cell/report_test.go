package cell

import (
	"testing"
	"time"

	"rekey/workflows"
)

// TestAReportThatWasNotTakenIsSentAgain has Temporal not take the report that says that the cell follows a directive. The
// migration, which gives permits by that, does not know it: it is told as soon as it can be, and not when a report is due that is
// only shown.
func TestAReportThatWasNotTakenIsSentAgain(t *testing.T) {
	s := newSteered()
	s.format = workflows.FormatLean
	began, lost := s.env.Now(), false
	var told time.Duration
	s.lose = func() bool {
		switch since := s.env.Now().Sub(began); {
		case since >= 10*time.Second && !lost:
			lost = true
			return true
		case lost && told == 0:
			told = since
		}
		return false
	}
	s.direct(10*time.Second, workflows.Directive{Wave: 0, ReportEvery: time.Minute})
	s.play(t, workflows.CellResting, workflows.Spec{})
	if want := 10*time.Second + reportAgain; told != want {
		t.Errorf("the migration was told after %s, want %s", told, want)
	}
}
