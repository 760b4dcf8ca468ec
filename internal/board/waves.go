package board

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// Widths of the columns of a wave's line; what is left is its bar and, where that is much, its judgement.
const (
	titleWidth = 18
	stateWidth = 9
	countWidth = 11
	leastBar   = 8
	mostBar    = 40
)

// waves are lines of the waves around that which is going on, at most so many.
func waves(m *rekeyv1.Migration, width, most int) []string {
	all := m.GetWaves()
	if len(all) == 0 {
		return nil
	}
	from, to := 0, len(all)
	if len(all) > most-1 {
		from, to = around(all, most-2)
	}
	shown := all[from:to]
	length := min(max(width-beside(shown), leastBar), mostBar)
	lines := []string{faint.Sprint(fmt.Sprintf("  %-3s%-*s%-*s%*s  %-*s  failures", "", titleWidth, "wave", stateWidth, "state", countWidth, "rested", length, ""))}
	for _, w := range shown {
		lines = append(lines, wave(w, length, width))
	}
	if to-from < len(all) {
		lines = append(lines, faint.Sprint(fmt.Sprintf("  … %d before and %d after", from, len(all)-to)))
	}
	return lines
}

// around is a range of at most so many waves with that which is going on in it.
func around(all []*rekeyv1.Wave, most int) (from, to int) {
	most = min(max(most, 1), len(all))
	now := 0
	for i, w := range all {
		if w.GetState() != rekeyv1.WaveState_WAVE_STATE_PENDING {
			now = i
		}
	}
	from = min(max(now-most/2, 0), len(all)-most)
	return from, from + most
}

// beside is how much of a line the longest of some waves takes beside its bar.
func beside(waves []*rekeyv1.Wave) int {
	longest := text.StringWidth("failures")
	for _, w := range waves {
		longest = max(longest, text.StringWidth(failures(w)))
	}
	return 2 + 3 + titleWidth + stateWidth + countWidth + 2 + 2 + longest
}

// failures are those of a wave, where they are bounded or there are some.
func failures(w *rekeyv1.Wave) string {
	if b := w.GetBudget(); b != nil && (b.Allowed != nil || b.GetFailed() > 0) {
		return tables.Budget(b)
	}
	return ""
}

// wave is a line of a wave: its mark, what it takes, its state, how many of its canaries rest, a bar, its failures, and how
// it was judged. The judgement is left out where there is no room to read it.
func wave(w *rekeyv1.Wave, length, width int) string {
	mark, colour := "  ", faint
	switch w.GetState() {
	case rekeyv1.WaveState_WAVE_STATE_RUNNING, rekeyv1.WaveState_WAVE_STATE_BAKING:
		mark, colour = "▶ ", busy
	case rekeyv1.WaveState_WAVE_STATE_JUDGED:
		mark, colour = judged(w.GetJudgement().GetVerdict())
	default:
	}
	line := colour.Sprint(mark) + fmt.Sprintf("%-3d%s%s%*s  ", w.GetNumber(), column(w.GetTitle(), titleWidth),
		column(tables.Word(w.GetState()), stateWidth), countWidth, fmt.Sprintf("%d/%d", w.GetRested(), w.GetCanaries()))
	line += bar(int(w.GetRested()), int(w.GetCanaries()), length) + "  " + failures(w)
	const readable = 20
	if j := w.GetJudgement(); j != nil && width-text.StringWidthWithoutEscSequences(line) > readable {
		line += "  " + faint.Sprint(tables.Judgement(j))
	}
	return line
}

// judged is the mark of a wave that was judged.
func judged(v rekeyv1.WaveVerdict) (string, text.Colors) {
	switch v {
	case rekeyv1.WaveVerdict_WAVE_VERDICT_STOP:
		return "✗ ", bad
	case rekeyv1.WaveVerdict_WAVE_VERDICT_INCONCLUSIVE:
		return "? ", warns
	default:
		return "✓ ", good
	}
}

// column is a text on a width, with a space behind it.
func column(s string, width int) string {
	s = text.Snip(s, width-1, "…")
	return s + strings.Repeat(" ", width-text.StringWidth(s))
}
