package demo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/internal/client/clienttest"
)

func TestTablesFitTheTerminal(t *testing.T) {
	cases := map[string]struct {
		reason string
		width  func() int
		lines  []string
		want   string
	}{
		"File": {reason: "nothing is cut where there is no terminal", lines: []string{strings.Repeat("x", 200)}, want: "\n" + strings.Repeat("x", 200) + "\n"},
		"Wide": {reason: "nor what fits", width: func() int { return 10 }, lines: []string{"0123456789"}, want: "\n0123456789\n"},
		"Narrow": {
			reason: "what does not is cut, and that is said once", width: func() int { return 60 }, lines: []string{strings.Repeat("x", 61), strings.Repeat("y", 61)},
			want: "\n" + strings.Repeat("x", 59) + "…\n(Tables are cut at the edge of the terminal. Make it wider,\nor look at all of it: rekey demo | less -S)\n" +
				"\n" + strings.Repeat("y", 59) + "…\n",
		},
		"Empty": {reason: "an empty table is none", lines: []string{""}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			d := &demo{Config: Config{Out: &out, Width: tc.width}}
			for _, line := range tc.lines {
				d.table(line)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// What somebody should do is never cut: on a narrow terminal it is told in lines.
func TestAttentionIsWhole(t *testing.T) {
	for _, width := range []int{0, 60, 200} {
		var out strings.Builder
		d := &demo{Config: Config{Out: &out, Width: func() int { return width }}}
		d.attention(clienttest.Canaries())
		said := strings.Join(strings.Fields(out.String()), " ")
		for _, c := range clienttest.Canaries() {
			for word := range strings.FieldsSeq(c.GetProblem().GetNextStep()) {
				if !strings.Contains(said, word) {
					t.Errorf("at a width of %d the next step of %s lacks %q:\n%s", width, c.GetName(), word, &out)
				}
			}
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); width > 0 && n > width {
				t.Errorf("at a width of %d a line has %d characters: %s", width, n, line)
			}
		}
	}
}
