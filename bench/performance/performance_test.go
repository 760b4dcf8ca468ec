package performance

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/plotter"

	"rekey/bench/migrate"
)

const docs = "../../docs"

// The page and its plots are what the results beside it say: make performance makes them anew.
func TestPageIsWhatItsResultsSay(t *testing.T) {
	r, err := read(filepath.Join(docs, results))
	if err != nil {
		t.Fatal(err)
	}
	files, err := compose(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil {
			t.Errorf("%v: run make performance", err)
			continue
		}
		// Other processors round the last digit of a coordinate in their own way.
		if strings.HasSuffix(name, ".svg") && runtime.GOARCH != "amd64" {
			continue
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what its results say: run make performance (-made +committed):\n%s", name, diff)
		}
	}
	left, err := filepath.Glob(filepath.Join(docs, "images", "performance-*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range left {
		if _, ok := files["images/"+filepath.Base(file)]; !ok {
			t.Errorf("%s is on no page", file)
		}
	}
}

// Without any result the page says how each is measured, and nothing counts as met.
func TestWhatIsNotMeasuredSaysSo(t *testing.T) {
	r, err := read(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files, err := compose(r)
	if err != nil {
		t.Fatal(err)
	}
	page := string(files["performance.md"])
	for _, command := range []string{
		"make kill-matrix", "make faults", "go run ./bench load", "go run ./bench control --in-flight 10000", "make bench-scale",
		"go run ./bench peers", "go run ./bench limiter", "go run ./bench edits", "go run ./bench designs",
	} {
		if !strings.Contains(page, "Not measured yet: `"+command+"`.") {
			t.Errorf("the page does not say that %q was not run", command)
		}
	}
	for _, g := range r.goals() {
		if g.verdict != open {
			t.Errorf("%s: %q without a result", g.section, g.verdict)
		}
	}
	if len(files) != 1 {
		t.Errorf("%d files, want the page alone", len(files))
	}
}

func TestAResultOfAnotherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "limiter.json"), []byte(`{"cases":[{"part_used":0.9}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(dir); err == nil || !strings.Contains(err.Error(), "limiter.json") {
		t.Errorf("a field that was renamed would be shown as 0: %v", err)
	}
}

func TestGoals(t *testing.T) {
	for name, test := range map[string]struct {
		reason string
		got    goal
		want   verdict
	}{
		"at the bound":     {"it is not exceeded", atMost("", "", 1.1, 1.1), met},
		"above it":         {"however little", atMost("", "", 1.1, 1.101), missedIt},
		"at least":         {"a figure that is to be reached", atLeast("", "", 3, 2.99), missedIt},
		"none":             {"a count of what must not be", none("", "", 0, "9"), met},
		"one":              {"one is too many", none("", "", 1, "9"), missedIt},
		"small and met":    {"a small fleet proves nothing about a large one", atSize([]goal{{verdict: met}}, 1000)[0], open},
		"small and missed": {"what fails in a small fleet fails", atSize([]goal{{verdict: missedIt}}, 1000)[0], missedIt},
		"large and met":    {"it was asked for that size", atSize([]goal{{verdict: met}}, largeFleet)[0], met},
	} {
		if test.got.verdict != test.want {
			t.Errorf("%s: %s, got %q, want %q", name, test.reason, test.got.verdict, test.want)
		}
	}
}

// The command that the page names plays the same campaigns again.
func TestSeeds(t *testing.T) {
	for campaigns, want := range map[string]string{
		`[{"seed":1},{"seed":2},{"seed":3}]`:  "1-3",
		`[{"seed":4},{"seed":5},{"seed":30}]`: "4,5,30",
		`[{"seed":4},{"seed":9},{"seed":6}]`:  "4,9,6",
		`[{"seed":17}]`:                       "17-17",
	} {
		f := &faults{}
		if err := decode([]byte(`{"campaigns":`+campaigns+`}`), f); err != nil {
			t.Fatal(err)
		}
		if got := f.seeds(); got != want {
			t.Errorf("%s are %q, want %q", campaigns, got, want)
		}
	}
}

// The command that the page names migrates the same fleets again, as make bench-scale does.
func TestScaleNamesItsCommand(t *testing.T) {
	w := migrate.Workload{Canaries: 1000, Regions: 4, Cells: 40, TimeScale: 10}
	line := sizes{&migrate.Report{When: when, Results: []*migrate.Result{{Workload: w}}}}.Made()
	if want := "--canaries 1000 --per-cell 25 --regions 4 --time-scale 10 --no-dry-runs`"; !strings.Contains(line, want) {
		t.Errorf("no %s in %s", want, line)
	}
}

func TestFigure(t *testing.T) {
	for number, want := range map[float64]string{
		0: "0", 0.004: "0", 0.126: "0.13", 9.999: "10", 17.64: "17.6", 311.7: "312", 999.6: "1000", 51_200: "51,200", 1e6: "1,000,000", -1234: "-1,234",
	} {
		if got := figure(number); got != want {
			t.Errorf("%g is %q, want %q", number, got, want)
		}
	}
}

// Every colour of a plot has another one for dark pages; one that has none would be unreadable there.
func TestPlotsHaveDarkColours(t *testing.T) {
	p := newPlot("x", "y")
	line := plotter.XYs{{X: 1, Y: 1}, {X: 10, Y: 2}}
	if err := lines(p, []series{{"a", line}, {"b", line}, {"c", line}, {"d", line}, {"e", line}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := rule(p, "goal", line[0], line[1]); err != nil {
		t.Fatal(err)
	}
	drawn, err := svg(p)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(drawn), "</style>")
	for _, colour := range regexp.MustCompile(`(?:fill|stroke):(#[0-9A-Fa-f]{6})`).FindAllStringSubmatch(body, -1) {
		if !strings.Contains(string(drawn), "["+`style*="`+colour[0]+`"]`) {
			t.Errorf("nothing takes the place of %s on a dark page", colour[0])
		}
	}
	if !strings.Contains(body, hex(ink)) {
		t.Errorf("no text in the colour of ink:\n%s", body)
	}
}
