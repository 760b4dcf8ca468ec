package performance

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"rekey/bench/machine"
)

// sheet is a table of the page.
type sheet struct{ table.Writer }

func newTable(header ...any) sheet {
	t := sheet{table.NewWriter()}
	t.AppendHeader(header)
	return t
}

func (s sheet) row(cells ...any) { s.AppendRow(cells) }

// String is the table in Markdown.
func (s sheet) String() string { return s.RenderMarkdown() }

// figure is a number in as many digits as can be told apart: 0.12, 1.25, 17.6, 312, 51,200.
func figure(x float64) string {
	switch size := math.Abs(x); {
	case size >= 1000:
		return grouped(int64(math.Round(x)))
	case size >= 100:
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	case size >= 10:
		return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
	default:
		return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
	}
}

// grouped is a whole number with commas between thousands.
func grouped[N int | int64](n N) string {
	text := strconv.FormatInt(int64(n), 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func percent(x float64) string { return figure(100*x) + " %" }

// listed are counts, the largest first.
func listed[N int | int64](counts map[string]N) string {
	var parts []string
	for _, name := range byCount(counts) {
		parts = append(parts, fmt.Sprintf("%s %s", name, grouped(int64(counts[name]))))
	}
	return strings.Join(parts, ", ")
}

// byCount are the names of a map, the largest first.
func byCount[N cmp.Ordered](counts map[string]N) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// where says on what machine.
func where(m machine.Machine) string {
	text := fmt.Sprintf("%d cores", m.Cores)
	if m.CPU != "" {
		text += " (" + m.CPU + ")"
	}
	if m.MemoryMB > 0 {
		text += fmt.Sprintf(", %.0f GiB", float64(m.MemoryMB)/1024)
	}
	return text + ", " + m.OS + "/" + m.Arch
}

// with says with which versions.
func with(v machine.Versions) string {
	return fmt.Sprintf("rekey %s, %s, Temporal server %s and SDK %s, AWS SDK %s",
		v.Rekey, v.Go, v.TemporalServer, v.TemporalSDK, v.AWSSDK)
}

// made is the line below a heading: when, where, with what, by which command.
func made(when, command string, how ...string) string {
	parts := append([]string{day(when)}, how...)
	return "*Measured " + strings.Join(parts, "; ") + "; by `" + command + "`.*"
}

// day is the day of a time in RFC 3339.
func day(when string) string { return when[:min(len("2006-01-02"), len(when))] }
