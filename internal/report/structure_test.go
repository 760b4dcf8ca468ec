package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
)

// parse reads a page as browsers do.
func parse(t *testing.T, page []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find returns the elements of a name that have a class, or any where that is empty.
func find(root *html.Node, name, class string) []*html.Node {
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name && (class == "" || slices.Contains(strings.Fields(attribute(n, "class")), class)) {
			list = append(list, n)
		}
	}
	return list
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var all strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			all.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(all.String()), " ")
}

func TestReportShowsEveryCellAndCanaryOnce(t *testing.T) {
	cases := map[string]struct {
		reason string
		sample sample
	}{
		"Calm":    {reason: "a fleet without trouble has rows alone", sample: sample{accounts: 3, regions: 2, perCell: 40, calm: true}},
		"Trouble": {reason: "every outcome, and a cell that could not be entered", sample: sample{accounts: 13, regions: 9, perCell: 5}},
		"Nothing": {reason: "a migration that has no canary", sample: sample{calm: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			served := tc.sample.api()
			want := map[string]int{"tiles": 0, "cards": 0, "rows": 0, "by-hand": 0, "unfinished": 0, "held": 0}
			cells := map[cell]bool{}
			for _, c := range served.canaries {
				cells[cellOf(c)] = true
				switch o := outcomeOf(c); {
				case isUnremarkable(c):
					want["rows"]++
				case o == held:
					want["held"]++
					want["cards"]++
				case o != migrating:
					want["unfinished"]++
					want["cards"]++
				default:
					want["cards"]++
				}
			}
			want["tiles"] = len(cells) + len(served.migration.GetProgress().GetCellProblems())
			root := parse(t, served.write(t))
			got := map[string]int{
				"tiles": len(tiles(root)), "cards": len(find(root, "details", "card")), "rows": rows(find(root, "table", "rows")),
				"by-hand": listed(root, "by-hand"), "unfinished": listed(root, "unfinished"), "held": listed(root, "held"),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// Of a canary that misses access the state is migrated, and nothing of it is held: it has a list before all others, and a card.
func TestReportShowsWhatIsToBeSeenToByHand(t *testing.T) {
	served := sample{accounts: 1, regions: 1, perCell: 3, calm: true}.api()
	served.canaries[1].OldAccess.HeldBecause = &rekeyv1.Problem{Reason: rekeyv1.ErrorReason_ERROR_REASON_ACCESS_NOT_RESTORED}
	root := parse(t, served.write(t))
	got := map[string]int{
		"by-hand": listed(root, "by-hand"), "unfinished": listed(root, "unfinished"), "held": listed(root, "held"), "cards": len(find(root, "details", "card")),
	}
	if diff := cmp.Diff(map[string]int{"by-hand": 1, "unfinished": 0, "held": 0, "cards": 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// tiles are the cells of the grid that have an outcome.
func tiles(root *html.Node) []*html.Node {
	var list []*html.Node
	for _, table := range find(root, "table", "grid") {
		list = slices.DeleteFunc(find(table, "td", ""), func(n *html.Node) bool { return attribute(n, "class") == "empty" })
	}
	return list
}

// rows counts the rows of tables without their headings.
func rows(tables []*html.Node) int {
	n := 0
	for _, table := range tables {
		n += len(find(table, "tr", "")) - 1
	}
	return n
}

// listed counts the rows of the list under a heading.
func listed(root *html.Node, heading string) int {
	for _, section := range find(root, "section", "") {
		if attribute(section, "aria-labelledby") == heading {
			return rows(find(section, "table", "attention"))
		}
	}
	return -1
}

func TestReportLinksLeadSomewhere(t *testing.T) {
	root := parse(t, shown.api().write(t))
	ids := map[string]int{}
	for n := range root.Descendants() {
		if id := attribute(n, "id"); id != "" {
			ids[id]++
		}
	}
	links := 0
	for _, a := range find(root, "a", "") {
		links++
		if id := strings.TrimPrefix(attribute(a, "href"), "#"); ids[id] != 1 {
			t.Errorf("%q is the id of %d elements", id, ids[id])
		}
	}
	if links == 0 {
		t.Error("there is no link")
	}
}

func TestReportTellsWhoWhenAndWhy(t *testing.T) {
	said := text(find(parse(t, shown.api().write(t)), "body", "")[0])
	for what, want := range map[string]string{
		"digest":            "9be1c0de7d3a44f0a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778a",
		"creator":           "2026-03-04 08:20:00 by email:ada@example.com (verified)",
		"approver":          "2026-03-04 08:55:00 by email:lin@example.com (verified) – “read it with Ada; two viewers were told”",
		"pause":             "wave 2 since 2026-03-04 10:12:00, by rekey (budget): 5 of 5 failures are used up",
		"budget":            "9 of 20 used, 3 not charged",
		"judgement":         "inconclusive 3 failed like canaries that were not migrated yet: the site was down",
		"time of a wave":    "24 min of which it baked 10 min expected 20 min to 1 h",
		"verb":              "pause 111100000002 eu-west-1 email:ada@example.com (verified) running the payments team deploys",
		"next step":         "mend the canary's layer, then retry it",
		"cell not entered":  "CELL_NOT_REACHABLE 111100000099 in eu-west-1 can't be entered: AccessDenied",
		"proof":             "4 objects under KMS",
		"access taken back": "New access taken back",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the %s is not told: %q", what, want)
		}
	}
}

func TestReportIsTheSameForTheSameData(t *testing.T) {
	if diff := cmp.Diff(string(shown.api().write(t)), string(shown.api().write(t))); diff != "" {
		t.Errorf("a second report differs (-first +second):\n%s", diff)
	}
}

// hostile breaks out of wherever it is not escaped: text, attributes, the script, the style sheet, a comment, a URL.
const hostile = `"'><script>document.title='owned'</script><img src=x onerror=alert(1)></style>--></td>{{.}}javascript:alert(1)`

func TestReportEscapesWhatComesFromElsewhere(t *testing.T) {
	served := shown.api()
	quiet := parse(t, served.write(t))
	for i, c := range served.canaries {
		served.canaries[i] = proto.CloneOf(c)
		poison(served.canaries[i].ProtoReflect())
	}
	served.migration = proto.CloneOf(served.migration)
	poison(served.migration.ProtoReflect())
	page := served.write(t)
	root := parse(t, page)
	for _, name := range []string{"script", "style", "img", "form", "link", "iframe"} {
		if got, want := len(find(root, name, "")), len(find(quiet, name, "")); got != want {
			t.Errorf("%d elements %s, want %d", got, name, want)
		}
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || (a.Key == "href" && !strings.HasPrefix(a.Val, "#")) {
				t.Errorf("the attribute %s=%q came in", a.Key, a.Val)
			}
		}
	}
	if !strings.Contains(text(find(root, "body", "")[0]), hostile) {
		t.Error("what was hostile is not shown as it is")
	}
	if program, err := chromiumPath(); err == nil {
		b := openWith(t, program, page, 1400, 900, "light")
		if got := evaluate[string](t, b, "document.title"); got == "owned" {
			t.Error("a foreign script ran")
		}
		b.quiet(t)
	}
}

func TestReportTellsWhatTheAPIAnswered(t *testing.T) {
	served := shown.api()
	served.canaries = (sample{accounts: 12, regions: 6, perCell: 12}).canaries()
	served.fails = errUnavailable
	var page bytes.Buffer
	err := Write(t.Context(), &page, served.dial(t), served.migration.GetId())
	if err == nil || !strings.Contains(err.Error(), "listing the canaries") || page.Len() > 0 {
		t.Errorf("got %v and %d bytes: a list that broke off must be no report", err, page.Len())
	}
}

var _ Client = rekeyv1.MigrationServiceClient(nil)
