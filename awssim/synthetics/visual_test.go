package synthetics

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

const base = "artifacts/checkout/visualBaseReference"

func visualCanary(c *Canary) {
	c.Screenshots = []Screenshot{
		{Name: "home", Ignore: []string{"0,0,200,40"}, Changing: []string{"10,10,120,30"}},
		{Name: "cart"},
		{Name: "advert", Changing: []string{"0,0,900,900"}, Excluded: true},
	}
}

func rebase(to string, shots ...types.BaseScreenshot) sdk.UpdateCanaryInput {
	return sdk.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{{BaseCanaryRunId: &to, BaseScreenshots: shots}}}
}

var carried = []types.BaseScreenshot{
	{ScreenshotName: aws.String("home"), IgnoreCoordinates: []string{"0,0,200,40"}}, {ScreenshotName: aws.String("cart")},
}

func (b *bench) lastStatus() types.CanaryRunStatus {
	b.Helper()
	return *b.runs()[0].Status
}

func TestAVisualCanaryBeginsWithItsBaseline(t *testing.T) {
	b := newBench(t)
	b.add(visualCanary)
	ref := b.get().VisualReferences[0]
	first := b.runs()[0]
	if *ref.BaseCanaryRunId != *first.Id || len(ref.BaseScreenshots) != 2 || ref.BaseScreenshots[0].IgnoreCoordinates[0] != "0,0,200,40" {
		t.Errorf("reference %s of run %s, screenshots %+v", *ref.BaseCanaryRunId, *first.Id, ref.BaseScreenshots)
	}
	if files := b.bucket.under(base); len(files) != 2 || files["home.png"] != keyK {
		t.Errorf("baseline %v", files)
	}
	b.clock.Advance(5 * time.Minute)
	if got := b.lastStatus().State; got != types.CanaryRunStatePassed {
		t.Errorf("the comparison ended %+v", b.lastStatus())
	}
}

func TestAKeyChangeLeavesTheBaselineUnderTheOldKey(t *testing.T) {
	b := newBench(t)
	b.add(visualCanary)
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL), ArtifactS3Location: aws.String("s3://artifacts/moved")})
	b.clock.Advance(time.Minute)
	if s := b.lastStatus(); s.State != types.CanaryRunStatePassed || b.bucket.under(base)["home.png"] != keyK {
		t.Fatalf("run %+v, baseline %v", s, b.bucket.under(base))
	}
	b.bucket.keys[keyK] = true // revoked too early
	b.clock.Advance(5 * time.Minute)
	if s := b.lastStatus(); s.StateReasonCode != types.CanaryRunStateReasonCodeExecutionFailure || s.TestResult != types.CanaryRunTestResultPassed {
		t.Errorf("without Decrypt on the old key: %+v", s)
	}
	if got := b.lastRunEntry().Detail[DetailRefused]; got != "baseline" {
		t.Errorf("the journal says %q was refused", got)
	}
}

func TestNextRunMakesTheBaselineUnderTheNewKey(t *testing.T) {
	b := newBench(t)
	b.add(visualCanary)
	in := rebase(nextRun, carried...)
	in.ArtifactConfig = kmsEncryption(keyL)
	b.mustUpdate(in)
	if got := *b.get().VisualReferences[0].BaseCanaryRunId; got != nextRun {
		t.Errorf("before the run GetCanary shows %s", got)
	}
	b.clock.Advance(time.Minute)
	ref, run := b.get().VisualReferences[0], b.runs()[0]
	if *ref.BaseCanaryRunId != *run.Id || run.Status.State != types.CanaryRunStatePassed {
		t.Errorf("reference %s, run %s %s", *ref.BaseCanaryRunId, *run.Id, run.Status.State)
	}
	if files := b.bucket.under(base); files["home.png"] != keyL || files["cart.png"] != keyL {
		t.Errorf("baseline %v", files)
	}
	b.bucket.keys[keyK] = true // the old key isn't needed any more
	b.clock.Advance(5 * time.Minute)
	if s := b.lastStatus(); s.State != types.CanaryRunStatePassed {
		t.Errorf("after the old key is gone: %+v", s)
	}
}

func TestARunIDMakesTheBaselineFromThatRun(t *testing.T) {
	b := newBench(t)
	b.add(visualCanary)
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)})
	b.clock.Advance(time.Minute)
	proven := *b.runs()[0].Id
	b.mustUpdate(rebase(proven, carried...))
	b.clock.Advance(time.Minute)
	if got := *b.get().VisualReferences[0].BaseCanaryRunId; got != proven {
		t.Errorf("reference %s", got)
	}
	if s := b.lastStatus(); s.State != types.CanaryRunStatePassed || b.bucket.under(base)["cart.png"] != keyL {
		t.Errorf("run %+v, baseline %v", s, b.bucket.under(base))
	}
}

func TestLosingIgnoreAreasFailsRuns(t *testing.T) {
	b := newBench(t)
	b.add(visualCanary)
	b.mustUpdate(rebase(nextRun)) // wipes them
	b.clock.Advance(6 * time.Minute)
	if s := b.lastStatus(); s.StateReasonCode != types.CanaryRunStateReasonCodeCanaryFailure || s.TestResult != types.CanaryRunTestResultFailed {
		t.Errorf("run %+v", s)
	}
	if got := b.lastRunEntry().Detail[DetailWhy]; got != "variance" {
		t.Errorf("the journal says %q", got)
	}
}

func TestIgnoreAreasSurviveWhereTheWorldSaysSo(t *testing.T) {
	b := newBench(t, func(s *Settings) { s.NextRunWipesIgnoreAreas = false })
	b.add(visualCanary)
	b.mustUpdate(rebase(nextRun))
	b.clock.Advance(6 * time.Minute)
	if s := b.lastStatus(); s.State != types.CanaryRunStatePassed {
		t.Errorf("run %+v", s)
	}
}

func TestAFailedRunAndNextRun(t *testing.T) {
	for name, consumes := range map[string]bool{"consumes it": true, "leaves it": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(s *Settings) { s.FailedRunConsumesNextRun = consumes })
			spec := b.add(visualCanary)
			if err := b.service.SetSiteDown(spec.ARN(), true); err != nil {
				t.Fatal(err)
			}
			b.mustUpdate(rebase(nextRun, carried...))
			b.clock.Advance(time.Minute)
			if got := *b.get().VisualReferences[0].BaseCanaryRunId != nextRun; got != consumes {
				t.Fatalf("consumed %v", got)
			}
			if err := b.service.SetSiteDown(spec.ARN(), false); err != nil {
				t.Fatal(err)
			}
			b.clock.Advance(5 * time.Minute)
			if got := b.lastStatus().State == types.CanaryRunStatePassed; got == consumes {
				t.Errorf("the next good run passed: %v", got)
			}
		})
	}
}

func TestTwoBrowsersTwoBaselines(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { visualCanary(c); c.Browsers = []string{chrome, firefox} })
	b.wantCode(b.update(rebase(nextRun, carried...)), "ValidationException") // which browser?
	in := rebase(nextRun, carried...)
	in.VisualReferences[0].BrowserType = types.BrowserTypeChrome
	in.ArtifactConfig = kmsEncryption(keyL)
	b.mustUpdate(in)
	b.clock.Advance(time.Minute)
	files := b.bucket.under(base)
	if files["CHROME/home.png"] != keyL || files["FIREFOX/home.png"] != keyK {
		t.Errorf("a forgotten browser must keep its baseline under the old key: %v", files)
	}
}

func TestBaselineRunsKeepTheirArtifacts(t *testing.T) {
	b := newBench(t, func(s *Settings) { s.KeepRuns = 2 })
	b.add(visualCanary)
	first := b.runs()[0]
	b.clock.Advance(time.Hour)
	if n := len(b.bucket.under(*first.ArtifactS3Location)); n == 0 {
		t.Error("the run that the baseline refers to was pruned")
	}
	b.mustUpdate(rebase(nextRun, carried...))
	b.clock.Advance(10 * time.Minute)
	if n := len(b.bucket.under(*first.ArtifactS3Location)); n != 0 {
		t.Errorf("%d objects of a run that nothing refers to", n)
	}
}

func TestARunIDOlderThan31Days(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { visualCanary(c); c.Schedule, c.SuccessDays = "rate(1 hour)", 60 })
	first := *b.runs()[0].Id
	b.clock.Advance(30 * 24 * time.Hour)
	b.mustUpdate(rebase(first, carried...))
	b.clock.Advance(2 * 24 * time.Hour)
	b.wantCode(b.update(rebase(first, carried...)), "ValidationException")
}
