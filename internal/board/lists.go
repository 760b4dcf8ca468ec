package board

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// counts are how many canaries and cells are where.
func counts(m *rekeyv1.Migration, width int) []string {
	var states, steps []string
	for _, s := range m.GetProgress().GetStates() {
		states = append(states, fmt.Sprintf("%s %d", tables.Word(s.GetState()), s.GetCount()))
	}
	for _, s := range m.GetProgress().GetSteps() {
		steps = append(steps, fmt.Sprintf("%s %d", tables.Word(s.GetStep()), s.GetCount()))
	}
	lines := append(flow("canaries", states, width), flow("in step", steps, width)...)
	return append(lines, flow("cells", []string{tables.Cells(m)}, width)...)
}

// flow lays words out behind a label, on as many lines as they take.
func flow(label string, words []string, width int) []string {
	const indent = 10
	line, lines := faint.Sprintf("%-*s", indent, label), []string(nil)
	for i, word := range words {
		if i > 0 && text.StringWidthWithoutEscSequences(line)+len(" · ")+text.StringWidth(word) > width {
			lines, line = append(lines, line), strings.Repeat(" ", indent)+word
			continue
		}
		if i > 0 {
			line += " · "
		}
		line += word
	}
	return append(lines, line)
}

// section is a list of the board, of which as many lines are shown as there is room for.
type section struct {
	title string
	lines []string
}

// lists are the sections, the most urgent first.
func lists(s State, width int) []section {
	m := s.Migration
	paused := section{title: "paused"}
	for _, p := range m.GetPauses() {
		line := fmt.Sprintf("%s since %s", tables.Part(p.GetPart()), tables.Clock(p.GetPauseTime()))
		if c := p.GetCaller(); c != nil {
			line += " by " + c.GetName()
		} else {
			line += " by rekey, " + tables.Word(p.GetCause())
		}
		paused.lines = append(paused.lines, warns.Sprint(line)+said(p.GetReason()))
	}
	byHand := section{title: "to be seen to by hand"}
	for _, c := range s.ByHand {
		byHand.lines = append(byHand.lines, problem(c, tables.ToDo(c), width))
	}
	failed := section{title: "failed"}
	for _, c := range s.Failed {
		failed.lines = append(failed.lines, problem(c, c.GetProblem(), width))
	}
	held := section{title: "old access held"}
	for _, c := range s.Held {
		held.lines = append(held.lines, problem(c, c.GetOldAccess().GetHeldBecause(), width))
	}
	log := section{title: "verbs"}
	for _, c := range slices.Backward(m.GetControls()) {
		log.lines = append(log.lines, record(c))
	}
	return []section{byHand, paused, failed, held, log}
}

// problem is a canary and what is in its way, with the next step where that fits.
func problem(c *rekeyv1.Canary, p *rekeyv1.Problem, width int) string {
	const wide = 120
	line := fmt.Sprintf("%s  %s", tables.ID(c), bad.Sprint(tables.Because(p)))
	if at := tables.Clock(c.GetUpdateTime()); at != "" {
		line = faint.Sprint(at) + " " + line
	}
	if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_FAILED && c.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATED {
		line += " (" + tables.Word(c.GetState()) + ")"
	}
	if width >= wide && p.GetNextStep() != "" {
		line += faint.Sprint("  → " + p.GetNextStep())
	}
	return line
}

// record is a control verb in a line.
func record(c *rekeyv1.ControlRecord) string {
	line := fmt.Sprintf("%s %s %s", faint.Sprint(tables.Clock(c.GetTime())), cmpOr(c.GetCaller().GetName(), "somebody"), tables.Word(c.GetVerb()))
	if c.GetPart() != nil {
		line += " " + tables.Part(c.GetPart())
	}
	return line + said(c.GetDetail())
}

func said(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// share lays sections out on so many lines. Each that has something gets a line for it, and the rest goes to the first
// ones; what does not fit is counted.
func share(sections []section, room int) []string {
	sections = slices.DeleteFunc(sections, func(s section) bool { return len(s.lines) == 0 })
	const least = 3 // a blank line, the title and a line
	for len(sections)*least > room && len(sections) > 0 {
		sections = sections[:len(sections)-1]
	}
	room -= len(sections) * least
	var lines []string
	for _, s := range sections {
		shown := min(len(s.lines), room+1)
		room -= shown - 1
		title := fmt.Sprintf("%s (%d)", s.title, len(s.lines))
		if more := len(s.lines) - shown; more > 0 {
			title += fmt.Sprintf(", %d not shown", more)
		}
		lines = append(lines, "", loud.Sprint(title))
		for _, line := range s.lines[:shown] {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}
