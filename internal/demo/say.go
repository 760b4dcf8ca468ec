package demo

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// chapter begins a part of the demo: what happens, and what is worth knowing about it.
func (d *demo) chapter(title, about string) {
	d.chapters++
	d.sayf("")
	d.paragraph(fmt.Sprintf("── %d. %s: %s", d.chapters, title, about))
}

// command shows the command that does what the demo does through the API, and who gives it.
func (d *demo) command(who, format string, args ...any) {
	d.sayf("\n%s $ rekey %s", who, fmt.Sprintf(format, args...))
}

// paragraph shows lines of any length.
func (d *demo) paragraph(words string) {
	for line := range strings.SplitSeq(words, "\n") {
		for part := range strings.SplitSeq(text.WrapSoft(line, d.width(readable)), "\n") {
			d.sayf("%s", strings.TrimRight(part, " ")) // wrapping leaves spaces at the ends
		}
	}
}

// table shows a table, or lines that are laid out, after a blank line. Empty ones are left out. On a terminal lines are cut
// at its edge: a table whose lines are broken can't be read.
func (d *demo) table(lines string) {
	if lines == "" {
		return
	}
	d.sayf("")
	width, cut := d.width(0), false
	for line := range strings.SplitSeq(lines, "\n") {
		if width > 0 && text.StringWidth(line) > width {
			line, cut = text.Snip(line, width, "…"), true
		}
		d.sayf("%s", line)
	}
	if cut && !d.cut {
		d.cut = true
		d.paragraph("(Tables are cut at the edge of the terminal. Make it wider, or look at all of it: rekey demo | less -S)")
	}
}

// attention shows what somebody should know or do about canaries: in a table, where the terminal has room for it.
func (d *demo) attention(canaries []*rekeyv1.Canary) {
	all := tables.Attention(canaries)
	if width := d.width(0); width > 0 && text.LongestLineLen(all) > width {
		all = tables.AttentionLines(canaries, width)
	}
	d.table(all)
}

// readable is the width of text where no terminal says another.
const readable = 120

// width is that of the terminal, where there is one.
func (d *demo) width(without int) int {
	if d.Width == nil {
		return without
	}
	if width := d.Width(); width > 0 {
		return width
	}
	return without
}

func (d *demo) sayf(format string, args ...any) { tellf(d.Out, format+"\n", args...) }

// tellf writes for people. When nobody can be told any more there is nobody to tell that either.
func tellf(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
