package report

import (
	"image"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var shown = sample{accounts: 12, regions: 6, perCell: 5}

func TestReportInChromium(t *testing.T) {
	cases := map[string]struct {
		reason        string
		width, height int64
		scheme, file  string
	}{
		"Light":  {reason: "most screens", width: 1400, height: 900, scheme: "light", file: "report.png"},
		"Dark":   {reason: "by the reader's own setting", width: 1400, height: 900, scheme: "dark", file: "report-dark.png"},
		"Narrow": {reason: "a telephone", width: 390, height: 844, scheme: "light", file: "report-narrow.png"},
	}
	served := shown.api()
	page := served.write(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := open(t, page, tc.width, tc.height, tc.scheme)
			if got, want := b.count(t, "table.grid tbody td"), (shown.accounts+1)*shown.regions; got != want {
				t.Errorf("the grid has %d cells, want %d", got, want)
			}
			if got, want := b.count(t, "[data-o]"), len(served.canaries); got != want {
				t.Errorf("%d canaries are shown, want %d", got, want)
			}
			for _, want := range []string{"Artifacts to the security account's keys", "paused", "email:lin@example.com (verified)", "OLD_ACCESS_IN_USE", "go on"} {
				if !strings.Contains(b.text(t), want) {
					t.Errorf("%q is not seen", want)
				}
			}
			if got := evaluate[int](t, b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); got > 0 {
				t.Errorf("%s: the page is %d pixels wider than the window", tc.reason, got)
			}
			if n := colours(b.screenshot(t, tc.file)); n < 50 {
				t.Errorf("the picture has %d colours: it is blank", n)
			}
			b.quiet(t)
		})
	}
}

// colours counts the different colours of a picture.
func colours(picture image.Image) int {
	seen := map[[3]uint32]bool{}
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y += 3 {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x += 3 {
			r, g, b, _ := picture.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}

func TestReportUnfoldsFiltersAndSorts(t *testing.T) {
	served := shown.api()
	b := open(t, served.write(t), 1400, 900, "light")
	visible := `[...document.querySelectorAll("[data-o]")].filter((e) => e.checkVisibility()).length`
	if n := evaluate[int](t, b, visible); n != 0 {
		t.Errorf("%d canaries are unfolded at first", n)
	}

	b.do(t, chromedp.Click(chromedp.CSS("table.grid a")), chromedp.Poll[chromedp.Void](visible+" > 0", patiently))

	b.do(t, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details.cell:nth-of-type(-n+12), .cell:nth-of-type(-n+12) .card").forEach((e) => e.open = true)`))
	b.screenshot(t, "report-unfolded.png")

	b.do(t, chromedp.SetValue(chromedp.CSS("#filter select"), "held"),
		chromedp.Evaluate[chromedp.Void](`document.querySelector("#filter select").dispatchEvent(new Event("change"))`))
	want := 0
	for _, c := range served.canaries {
		if outcomeOf(c) == held {
			want++
		}
	}
	if got := evaluate[int](t, b, visible); got != want {
		t.Errorf("%d canaries are shown as held, want %d", got, want)
	}

	b.do(t, chromedp.SendKeys(chromedp.CSS("#filter input"), "no-such-canary"+kb.Enter),
		chromedp.Poll[chromedp.Void](`document.querySelector("#filter output").value === "0 canaries"`, patiently))

	b.do(t, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("table.attention th button")[3].click()`))
	sorted := `(() => { const names = [...document.querySelectorAll("table.attention")[0].tBodies[0].rows].map((r) => r.cells[3].textContent);
		return names.every((n, i) => i === 0 || names[i-1].localeCompare(n, "en", {numeric: true}) <= 0) ? 1 : 0; })()`
	if evaluate[int](t, b, sorted) != 1 {
		t.Error("the list is not sorted by name")
	}
	b.quiet(t)
}
