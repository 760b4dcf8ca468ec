package baseline

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
)

var newKey = workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "arn:aws:kms:eu-west-1:111122223333:key/new"}

// canary is a visual canary on the new key with the baseline of one run per browser.
func canary(state types.CanaryState, runs map[types.BrowserType]string) types.Canary {
	c := types.Canary{
		Id: awssdk.String("id-1"), Name: awssdk.String("shop"), RuntimeVersion: awssdk.String("syn-nodejs-puppeteer-11.0"),
		Status:         &types.CanaryStatus{State: state},
		ArtifactConfig: &types.ArtifactConfigOutput{S3Encryption: canaries.Config(newKey).S3Encryption},
	}
	for browser, run := range runs {
		c.VisualReferences = append(c.VisualReferences, types.VisualReferenceOutput{
			BaseCanaryRunId: awssdk.String(run), BrowserType: browser, BaseScreenshots: []types.BaseScreenshot{
				{ScreenshotName: awssdk.String("home"), IgnoreCoordinates: []string{"1,2,3,4"}},
			},
		})
	}
	return c
}

type both = map[types.BrowserType]string

// recorded is that canary when it was on its old encryption and baseline.
func recorded() workflows.Settings {
	s := canaries.Settings(canary("RUNNING", both{"CHROME": "old-c", "FIREFOX": "old-f"}))
	s.From = workflows.Encryption{Mode: workflows.AWSManaged}
	return s
}

// TestDecideNamesTheOldRunsAgain has a canary show its recorded baseline after the next run was asked to be one: it may
// await that run all the same.
func TestDecideNamesTheOldRunsAgain(t *testing.T) {
	back := workflows.SetBaselineInput{
		Recorded: recorded(), To: newKey, Runs: []workflows.Run{{ID: "old-f", Browser: "FIREFOX"}, {ID: "old-c", Browser: "CHROME"}},
	}
	now := canary("RUNNING", both{"CHROME": "old-c", "FIREFOX": "old-f"})
	if d := decide(back, now); !d.done {
		t.Errorf("nothing was asked for: got %+v", d)
	}
	back.Wiped = true
	if d := decide(back, now); d.done || d.problem != nil || len(d.references) != 2 {
		t.Errorf("the next run was asked for: got %+v", d)
	}
}

func TestDecide(t *testing.T) {
	runs := []workflows.Run{{ID: "new-f", Browser: "FIREFOX"}, {ID: "new-c", Browser: "CHROME"}}
	type want struct {
		act, done, wait bool
		reason          workflows.Reason
	}
	for name, test := range map[string]struct {
		why  string
		runs []workflows.Run
		now  types.Canary
		want want
	}{
		"old baseline":         {"", runs, canary("RUNNING", both{"CHROME": "old-c", "FIREFOX": "old-f"}), want{act: true}},
		"set":                  {"a retry after a success does nothing", runs, canary("RUNNING", both{"CHROME": "new-c", "FIREFOX": "new-f"}), want{done: true}},
		"one browser set":      {"", runs, canary("RUNNING", both{"CHROME": "new-c", "FIREFOX": "old-f"}), want{act: true}},
		"another run":          {"it is what is being replaced", runs, canary("RUNNING", both{"CHROME": "x", "FIREFOX": "y"}), want{act: true}},
		"updating":             {"", runs, canary("UPDATING", both{"CHROME": "old-c", "FIREFOX": "old-f"}), want{wait: true}},
		"in ERROR":             {"", runs, canary("ERROR", both{"CHROME": "old-c", "FIREFOX": "old-f"}), want{reason: workflows.CanaryNotUpdatable}},
		"a browser left":       {"the baseline of the other would be of another canary", runs, canary("RUNNING", both{"CHROME": "old-c"}), want{reason: workflows.CanaryChanged}},
		"no run for a browser": {"one per browser", runs[:1], canary("RUNNING", both{"CHROME": "old-c", "FIREFOX": "old-f"}), want{reason: workflows.Internal}},
		"put back": {"the encryption is not the proven one", runs, func() types.Canary {
			c := canary("RUNNING", both{"CHROME": "old-c", "FIREFOX": "old-f"})
			c.ArtifactConfig = nil
			return c
		}(), want{reason: workflows.CanaryChanged}},
		"areas redrawn": {"they would be lost", runs, func() types.Canary {
			c := canary("RUNNING", both{"CHROME": "old-c", "FIREFOX": "old-f"})
			c.VisualReferences[0].BaseScreenshots[0].IgnoreCoordinates = []string{"9,9,9,9"}
			return c
		}(), want{reason: workflows.CanaryChanged}},
	} {
		t.Run(name, func(t *testing.T) {
			d := decide(workflows.SetBaselineInput{Recorded: recorded(), To: newKey, Runs: test.runs}, test.now)
			got := want{done: d.done, wait: d.wait != ""}
			if d.problem != nil {
				got.reason = d.problem.Reason
			}
			got.act = !got.done && !got.wait && got.reason == ""
			if got != test.want {
				t.Errorf("%s: got %+v, want %+v", test.why, got, test.want)
			}
			if !got.act {
				return
			}
			for _, r := range d.references {
				if r.BaseRunID != map[string]string{"CHROME": "new-c", "FIREFOX": "new-f"}[r.Browser] {
					t.Errorf("%s compares with run %s", r.Browser, r.BaseRunID)
				}
				if diff := cmp.Diff([]workflows.Screenshot{{Name: "home", Ignore: []string{"1,2,3,4"}}}, r.Screenshots); diff != "" {
					t.Errorf("screenshots of %s (-want +got):\n%s", r.Browser, diff)
				}
			}
		})
	}
}

func TestWayBackToABaselineThatWasAwaited(t *testing.T) {
	was := recorded()
	was.Visual = []workflows.VisualReference{{BaseRunID: "nextrun"}}
	in := workflows.SetBaselineInput{Recorded: was, To: newKey, Runs: []workflows.Run{{ID: "nextrun"}}}
	if d := decide(in, canary("RUNNING", both{"CHROME": "new-c"})); d.problem != nil || d.done {
		t.Errorf("a fresh baseline must be asked for: %+v", d)
	}
	if d := decide(in, canary("RUNNING", both{"CHROME": "nextrun"})); !d.done {
		t.Errorf("it is asked for already: %+v", d)
	}
}

func TestRequest(t *testing.T) {
	one := []workflows.VisualReference{{BaseRunID: "run-1", Screenshots: []workflows.Screenshot{{Name: "home", Ignore: []string{"1,2,3,4"}}}}}
	two := []workflows.VisualReference{one[0], {BaseRunID: "run-2", Browser: "FIREFOX"}}
	for name, test := range map[string]struct {
		runtime    string
		references []workflows.VisualReference
		plural     int // 0 for the single member
	}{
		"older puppeteer":    {"syn-nodejs-puppeteer-10.0", one, 0},
		"newer puppeteer":    {"syn-nodejs-puppeteer-11.0", one, 1},
		"newer playwright":   {"syn-nodejs-playwright-3.0", one, 1},
		"several references": {"syn-nodejs-puppeteer-10.0", two, 2},
	} {
		t.Run(name, func(t *testing.T) {
			in := request(workflows.Settings{Name: "shop", Runtime: test.runtime}, test.references)
			if len(in.VisualReferences) != test.plural || (in.VisualReference == nil) == (test.plural == 0) {
				t.Fatalf("%d references and a single one: %v; want %d", len(in.VisualReferences), in.VisualReference != nil, test.plural)
			}
			first := in.VisualReference
			if first == nil {
				first = &in.VisualReferences[0]
			}
			if *first.BaseCanaryRunId != "run-1" || first.BaseScreenshots[0].IgnoreCoordinates[0] != "1,2,3,4" {
				t.Errorf("the reference lost something: %+v", first)
			}
		})
	}
}
