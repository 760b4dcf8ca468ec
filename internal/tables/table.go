// Package tables puts what the API says into tables and lines for people.
package tables

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// maxReason is the width of last columns, which hold reasons, chosen so that a table of canaries fits on 160 columns.
const maxReason = 30

// newTable is a table whose last column wraps.
func newTable(header table.Row) table.Writer { return wrapping(header, maxReason) }

// wrapping is a table whose last column wraps at a width; 0 means that it does not.
func wrapping(header table.Row, width int) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options = table.Options{SeparateColumns: true, SeparateHeader: true}
	t.SetStyle(style)
	t.AppendHeader(header)
	if width > 0 {
		t.SetColumnConfigs([]table.ColumnConfig{{Number: len(header), WidthMax: width, WidthMaxEnforcer: text.WrapSoft}})
	}
	t.SuppressTrailingSpaces()
	return t
}

// facts are names and values, one a line, without those that have no value.
type facts struct{ rows [][2]string }

func (f *facts) add(name, value string) {
	if value != "" {
		f.rows = append(f.rows, [2]string{name, value})
	}
}

// String lays the facts out. A value of several lines stays in its column.
func (f *facts) String() string {
	width := 0
	for _, row := range f.rows {
		width = max(width, text.StringWidth(row[0]))
	}
	var lines []string
	for _, row := range f.rows {
		name := row[0]
		for line := range strings.SplitSeq(row[1], "\n") {
			lines = append(lines, text.Pad(name, width, ' ')+"  "+line)
			name = ""
		}
	}
	return strings.Join(lines, "\n")
}
