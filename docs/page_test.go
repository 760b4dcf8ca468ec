package docs

import (
	"fmt"
	"regexp"
	"strings"
)

// A page has transcripts: blocks of ```console, in which a line that begins with "$ " is a command, one that ends in a
// backslash goes on, and what follows is what the command printed. A comment before a block says which lines are shown;
// "…" stands for the others:
//
//	<!-- shown: state|digest -->
//
// A line of a ```sh block that begins with "rekey dev" says what stack the commands were run on.
const (
	fence   = "```"
	opening = fence + "console"
	prompt  = "$ "
	left    = "…" // stands for lines that are left out
)

var (
	shownLine = regexp.MustCompile(`^<!-- shown: (.*) -->$`)
	devLine   = regexp.MustCompile(`(?m)^rekey dev(.*)$`)
)

// command is a command of a page with what it printed.
type command struct {
	text   string
	output []string
	// shown matches the lines that the page shows; nil for all.
	shown *regexp.Regexp
	line  int
}

// page is a page in pieces: lines of prose, and between them commands.
type page struct {
	pieces []piece
}

// piece is a line, or a command.
type piece struct {
	line    string
	command *command
}

// parse takes a page apart.
func parse(text string) (*page, error) {
	p := &page{}
	var shown *regexp.Regexp
	var last *command
	inside, goesOn := false, false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case inside && line == fence:
			inside, last, shown = false, nil, nil
			p.pieces = append(p.pieces, piece{line: line})
		case inside && goesOn:
			last.text += "\n" + line
			goesOn = strings.HasSuffix(line, `\`)
		case inside && strings.HasPrefix(line, prompt):
			last = &command{text: strings.TrimPrefix(line, prompt), shown: shown, line: i + 1}
			goesOn = strings.HasSuffix(line, `\`)
			p.pieces = append(p.pieces, piece{command: last})
		case inside && last == nil:
			return nil, fmt.Errorf("line %d: a transcript begins with a command", i+1)
		case inside:
			last.output = append(last.output, line)
		default:
			if match := shownLine.FindStringSubmatch(line); match != nil {
				shown = regexp.MustCompile(match[1])
			}
			inside = line == opening
			p.pieces = append(p.pieces, piece{line: line})
		}
	}
	if inside {
		return nil, fmt.Errorf("the last transcript has no end")
	}
	return p, nil
}

// commands are the commands of a page, in their order.
func (p *page) commands() []*command {
	var list []*command
	for _, piece := range p.pieces {
		if piece.command != nil {
			list = append(list, piece.command)
		}
	}
	return list
}

// String puts the page together again.
func (p *page) String() string {
	var lines []string
	for _, piece := range p.pieces {
		if piece.command == nil {
			lines = append(lines, piece.line)
			continue
		}
		lines = append(lines, prompt+piece.command.text)
		lines = append(lines, piece.command.output...)
	}
	return strings.Join(lines, "\n")
}

// abridge leaves out what is not shown.
func (c *command) abridge(lines []string) []string {
	if c.shown == nil {
		return lines
	}
	var list []string
	for _, line := range lines {
		switch {
		case c.shown.MatchString(line):
			list = append(list, line)
		case len(list) == 0 || list[len(list)-1] != left:
			list = append(list, left)
		}
	}
	return list
}

// What differs from one run to the next, in the order in which it is looked for.
var differing = []struct {
	what *regexp.Regexp
	word string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "<digest>"},
	{regexp.MustCompile(`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?Z`), "<time>"},
	{regexp.MustCompile(`\b\d{2}:\d{2}:\d{2}Z?\b`), "<time>"},
	{regexp.MustCompile(`\b(about )?\d+(\.\d+)?[smh]( \d+[sm])?( to \d+[smh]( \d+[sm])?)?\b`), "<duration>"},
	{regexp.MustCompile(`"(page_token|nextPageToken|cursor|summaryId|summary_id)": ?"[^"]*"`), `"$1": "<opaque>"`},
	{regexp.MustCompile(`(last runs failed: )[^)]*`), "$1<shares>"},
	{regexp.MustCompile(`[─┼┴┬]+`), "─"},
	{regexp.MustCompile(`\s+`), " "},
}

// normal is what stays the same of the lines of an output. Lines that are wrapped in a cell are one text there, so the
// whole is one.
func normal(lines []string) string {
	var list []string
	for _, line := range lines {
		if line == left {
			continue // how much is left out differs, too
		}
		for _, d := range differing {
			line = d.what.ReplaceAllString(line, d.word)
		}
		list = append(list, strings.TrimSpace(line))
	}
	return strings.Join(list, "\n")
}
