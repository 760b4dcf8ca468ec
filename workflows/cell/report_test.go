package cell

import (
	"slices"
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

// TestDirectivesAreNotAnsweredAtOnce has the migration tell an unbounded cell something: that it follows it is told once, and then
// with whatever else is told, because a thousand cells that answer at once are more than a migration can take.
func TestDirectivesAreNotAnsweredAtOnce(t *testing.T) {
	s := newSteered()
	s.format = workflows.FormatTerse
	began := s.env.Now()
	var told []time.Duration
	s.lose = func() bool {
		told = append(told, s.env.Now().Sub(began))
		return false
	}
	for after := 10 * time.Second; after <= 40*time.Second; after += 10 * time.Second {
		s.direct(after, workflows.Directive{Wave: 0, ReportEvery: time.Minute})
	}
	s.play(t, workflows.CellResting, workflows.Spec{})
	if want := []time.Duration{0, 10 * time.Second, 70 * time.Second}; !slices.Equal(told[:min(len(told), 3)], want) {
		t.Errorf("reports came after %v, want %v first", told, want)
	}
	if got := s.reports[2].Serial; got != 40 {
		t.Errorf("the cell says that it follows directive %d", got)
	}
}
