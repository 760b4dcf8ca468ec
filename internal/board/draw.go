package board

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// Colours of what is good, bad, going on, and beside the point.
var (
	good  = text.Colors{text.FgGreen}
	bad   = text.Colors{text.FgRed}
	busy  = text.Colors{text.FgCyan}
	warns = text.Colors{text.FgYellow}
	faint = text.Colors{text.Faint}
	loud  = text.Colors{text.Bold}
)

// footer says what keys do. The migration does not need anybody to watch it.
const footer = "q or Ctrl-C leaves; the migration goes on"

// Draw is the board, on so many columns and lines.
func Draw(s State, width, height int) string {
	m := s.Migration
	if m == nil {
		return fit(cmpOr(s.Trouble, "Waiting for the first word …"), width)
	}
	lines := head(s, width)
	room := height - len(lines) - 5 - 1 // the counts and the footer
	lines = append(lines, "")
	if w := waves(m, width, max(4, room/2)); len(w) > 0 {
		lines = append(append(lines, w...), "")
	}
	lines = append(lines, counts(m, width)...)
	lines = append(lines, share(lists(s, width), height-len(lines)-1)...)
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	lines = lines[:max(height-1, 0)]
	lines = append(lines, faint.Sprint(footer))
	for i := range lines {
		lines[i] = fit(lines[i], width)
	}
	return strings.Join(lines, "\n")
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fit cuts a line that is too long.
func fit(line string, width int) string { return text.Snip(line, width, "…") }

// head is what the migration is, where it is, and how far.
func head(s State, width int) []string {
	m := s.Migration
	state := stateColour(m.GetState()).Sprint(strings.ToUpper(tables.Word(m.GetState())))
	title := loud.Sprint(cmpOr(m.GetSpec().GetDisplayName(), m.GetId()))
	if m.GetSpec().GetDisplayName() != "" {
		title += "  " + m.GetId()
	}
	rested, all := Rested(m)
	amount := fmt.Sprintf(" %d of %d, %d %%", rested, all, percent(rested, all))
	lines := []string{
		justify(title, state, width),
		bar(rested, all, width-text.StringWidth(amount)) + amount,
		pace(s),
	}
	if m.GetStateReason() != "" {
		lines = append(lines, warns.Sprint(m.GetStateReason()))
	}
	if s.Trouble != "" {
		lines = append(lines, bad.Sprint(s.Trouble))
	}
	return lines
}

// pace is how quickly it goes, how long that takes, and what it may still cost.
func pace(s State) string {
	m := s.Migration
	var parts []string
	if rate := s.Pace.PerMinute(); rate > 0 {
		parts = append(parts, fmt.Sprintf("%.1f a minute", rate))
	}
	if left := s.Pace.Left(m); left > 0 {
		parts = append(parts, "about "+tables.Duration(left)+" left")
	}
	parts = append(parts, fmt.Sprintf("%d in flight", inFlight(m)))
	if b := m.GetBudget(); b != nil && b.Allowed != nil {
		parts = append(parts, "failures "+tables.Budget(m.GetBudget()))
	}
	if n := m.GetProgress().GetHeld(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d held", n))
	}
	return strings.Join(parts, " · ")
}

// inFlight is how many canaries are in their stories.
func inFlight(m *rekeyv1.Migration) int32 {
	for _, s := range m.GetProgress().GetStates() {
		if s.GetState() == rekeyv1.CanaryState_CANARY_STATE_MIGRATING {
			return s.GetCount()
		}
	}
	return m.GetBudget().GetInFlight()
}

// justify puts one text at the left end of a line, and another at its right end.
func justify(left, right string, width int) string {
	space := width - text.StringWidthWithoutEscSequences(left) - text.StringWidthWithoutEscSequences(right)
	if space < 1 {
		left = text.Snip(left, max(width-text.StringWidthWithoutEscSequences(right)-1, 1), "…")
		space = 1
	}
	return left + strings.Repeat(" ", space) + right
}

// bar is how much of something is done.
func bar(done, all, width int) string {
	width = max(width, 0)
	full := 0
	if all > 0 {
		full = done * width / all
	}
	full = min(full, width)
	return good.Sprint(strings.Repeat("━", full)) + faint.Sprint(strings.Repeat("─", width-full))
}

func percent(done, all int) int {
	if all == 0 {
		return 0
	}
	return done * 100 / all
}

func stateColour(s rekeyv1.MigrationState) text.Colors {
	switch s {
	case rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED, rekeyv1.MigrationState_MIGRATION_STATE_CLOSED:
		return good
	case rekeyv1.MigrationState_MIGRATION_STATE_FAILED, rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED:
		return bad
	case rekeyv1.MigrationState_MIGRATION_STATE_PAUSED, rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL,
		rekeyv1.MigrationState_MIGRATION_STATE_ROLLING_BACK, rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK:
		return warns
	default:
		return busy
	}
}
