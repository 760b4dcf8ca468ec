package synthetics

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/awssim/journal"
)

func TestRunsKeepToTheSchedule(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	b.clock.Advance(11 * time.Minute)
	runs := b.runs()
	var got []string
	for _, r := range runs {
		got = append(got, r.Timeline.Started.Sub(start).String())
		if r.Status.State != types.CanaryRunStatePassed || r.Status.TestResult != types.CanaryRunTestResultPassed {
			t.Errorf("run %+v", r.Status)
		}
	}
	if want := "9m0s 4m0s -1m0s"; strings.Join(got, " ") != want {
		t.Errorf("runs started at %v, want %s, newest first", got, want)
	}
	files := b.bucket.under(*runs[0].ArtifactS3Location)
	if len(files) != 3 {
		t.Errorf("artifacts %v", files)
	}
	for name, key := range files {
		if key != keyK {
			t.Errorf("%s lies under %q", name, key)
		}
	}
}

func TestAnEditResetsTheScheduleAndRunsAtOnce(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)}) // settles at 5 s
	b.clock.Advance(6 * time.Minute)
	var got []string
	for _, r := range b.runs() {
		got = append(got, r.Timeline.Started.Sub(start).String())
	}
	if want := "5m7s 7s -1m0s"; strings.Join(got, " ") != want {
		t.Errorf("runs started at %v, want %s", got, want)
	}
}

func TestCronAfterAnEdit(t *testing.T) {
	for name, c := range map[string]struct {
		at   bool
		want string
	}{"runs at once": {true, "7s"}, "waits": {false, "10m0s"}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(s *Settings) { s.CronRunsAfterEdit = c.at })
			b.add(func(k *Canary) { k.Schedule, k.LastRun = "cron(0/10 * * * ? *)", start })
			b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)})
			b.clock.Advance(15 * time.Minute)
			runs := b.runs()
			first := runs[len(runs)-2]
			if got := first.Timeline.Started.Sub(start).String(); got != c.want {
				t.Errorf("first run after the edit at %s, want %s", got, c.want)
			}
		})
	}
}

func TestARunInFlightKeepsItsSettings(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.LastRun, c.RunDuration = start.Add(-299*time.Second), 20*time.Second })
	b.clock.Advance(2 * time.Second) // it started at 1 s
	if got := b.runs()[0].Status.State; got != types.CanaryRunStateRunning {
		t.Fatalf("state %s", got)
	}
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)})
	b.clock.Advance(time.Minute)
	runs := b.runs()
	for i, want := range []string{keyL, keyK} {
		for name, key := range b.bucket.under(*runs[i].ArtifactS3Location) {
			if key != want {
				t.Errorf("run %d: %s lies under %s, want %s", i, name, key, want)
			}
		}
	}
}

func TestFailures(t *testing.T) {
	cases := map[string]struct {
		down, denied bool
		code         types.CanaryRunStateReasonCode
		result       types.CanaryRunTestResult
		artifacts    bool
	}{
		"upload denied":       {denied: true, code: types.CanaryRunStateReasonCodeExecutionFailure, result: types.CanaryRunTestResultPassed},
		"site down":           {down: true, code: types.CanaryRunStateReasonCodeCanaryFailure, result: types.CanaryRunTestResultFailed, artifacts: true},
		"both: script's wins": {down: true, denied: true, code: types.CanaryRunStateReasonCodeCanaryFailure, result: types.CanaryRunTestResultFailed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			spec := b.add(nil)
			b.bucket.keys[keyK] = c.denied
			if err := b.service.SetSiteDown(spec.ARN(), c.down); err != nil {
				t.Fatal(err)
			}
			b.clock.Advance(5 * time.Minute)
			r := b.runs()[0]
			if r.Status.State != types.CanaryRunStateFailed || r.Status.StateReasonCode != c.code || r.Status.TestResult != c.result {
				t.Errorf("status %+v", r.Status)
			}
			if aws.ToString(r.Status.StateReason) == "" {
				t.Error("no reason")
			}
			if got := len(b.bucket.under(*r.ArtifactS3Location)) > 0; got != c.artifacts {
				t.Errorf("artifacts %v, want %v", got, c.artifacts)
			}
			e := b.lastRunEntry()
			if c.denied != (e.Detail[DetailRefused] == "artifacts") || c.down != (e.Detail[DetailWhy] == "site") {
				t.Errorf("journal %v", e.Detail)
			}
		})
	}
}

func TestRevokingTheKeyOfTheEnvironmentBreaksTheCanary(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.EnvironmentKey = keyK })
	b.mustUpdate(sdk.UpdateCanaryInput{ArtifactConfig: kmsEncryption(keyL)})
	b.clock.Advance(time.Minute)
	if s := b.lastStatus(); s.State != types.CanaryRunStatePassed {
		t.Fatalf("run %+v", s)
	}
	b.bucket.keys[keyK] = true
	b.clock.Advance(5 * time.Minute)
	s := b.lastStatus()
	if s.StateReasonCode != types.CanaryRunStateReasonCodeCanaryFailure || b.lastRunEntry().Detail[DetailRefused] != "environment" {
		t.Errorf("run %+v, journal %v", s, b.lastRunEntry().Detail)
	}
}

func (b *bench) lastRunEntry() journal.Entry {
	b.Helper()
	for _, e := range slices.Backward(b.journal.Since(0)) {
		if e.Kind == journal.Run {
			return e
		}
	}
	b.Fatal("the journal has no run")
	return journal.Entry{}
}

func TestOutageEnds(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Outages = []Outage{{start, start.Add(5 * time.Minute)}} })
	b.clock.Advance(10 * time.Minute)
	runs := b.runs()
	if runs[1].Status.State != types.CanaryRunStateFailed || runs[0].Status.State != types.CanaryRunStatePassed {
		t.Errorf("during the outage %s, after it %s", runs[1].Status.State, runs[0].Status.State)
	}
}

func TestRetriesShareTheirScheduledRun(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Retries, c.SiteDown = 2, true })
	b.clock.Advance(5 * time.Minute)
	runs := b.runs()[:3]
	for i, r := range runs {
		if aws.ToInt32(r.RetryAttempt) != int32(2-i) || *r.ScheduledRunId != *runs[2].Id {
			t.Errorf("run %d: attempt %d of %s", i, aws.ToInt32(r.RetryAttempt), *r.ScheduledRunId)
		}
	}
}

func TestEveryBrowserRuns(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Browsers = []string{chrome, firefox} })
	b.clock.Advance(5 * time.Minute)
	runs := b.runs()
	if runs[0].BrowserType == runs[1].BrowserType || *runs[0].ArtifactS3Location == *runs[1].ArtifactS3Location {
		t.Errorf("runs %s at %s and %s at %s", runs[0].BrowserType, *runs[0].ArtifactS3Location, runs[1].BrowserType, *runs[1].ArtifactS3Location)
	}
	out, err := b.client.DescribeCanariesLastRun(ctx, &sdk.DescribeCanariesLastRunInput{BrowserType: types.BrowserTypeFirefox})
	if err != nil || out.CanariesLastRun[0].LastRun.BrowserType != types.BrowserTypeFirefox {
		t.Errorf("last run %+v, %v", out, err)
	}
}

func TestRunOnceStopsByItself(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Schedule, c.State, c.LastRun = "rate(0 minute)", ready, time.Time{} })
	if _, err := b.client.StartCanary(ctx, &sdk.StartCanaryInput{Name: aws.String("checkout")}); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Hour)
	c := b.get()
	if c.Status.State != types.CanaryStateStopped || len(b.runs()) != 1 || *c.Schedule.Expression != "rate(0 hour)" {
		t.Errorf("state %s, runs %d, schedule %s", c.Status.State, len(b.runs()), *c.Schedule.Expression)
	}
}

func TestDurationEnds(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Duration = 600 })
	b.clock.Advance(time.Hour)
	if c := b.get(); c.Status.State != types.CanaryStateStopped {
		t.Errorf("state %s", c.Status.State)
	}
}

func TestStoppingHidesTheRunInFlight(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.RunDuration = 30 * time.Second })
	b.clock.Advance(4*time.Minute + 10*time.Second)
	inFlight := b.runs()[0]
	if _, err := b.client.StopCanary(ctx, &sdk.StopCanaryInput{Name: aws.String("checkout")}); err != nil {
		t.Fatal(err)
	}
	if got := b.get().Status.State; got != types.CanaryStateStopping {
		t.Errorf("state %s", got)
	}
	b.clock.Advance(time.Minute)
	c := b.get()
	if c.Status.State != types.CanaryStateStopped || c.Timeline.LastStopped == nil {
		t.Errorf("status %+v, timeline %+v", c.Status, c.Timeline)
	}
	if len(b.bucket.under(*inFlight.ArtifactS3Location)) == 0 {
		t.Error("the run in flight didn't upload")
	}
	if runs := b.runs(); len(runs) != 1 || *runs[0].Id == *inFlight.Id {
		t.Errorf("%d runs, the first %s", len(runs), *runs[0].Id)
	}
	_, err := b.client.StopCanary(ctx, &sdk.StopCanaryInput{Name: aws.String("checkout")})
	b.wantCode(err, "ConflictException")
}

func TestStart(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.State = stopped })
	if _, err := b.client.StartCanary(ctx, &sdk.StartCanaryInput{Name: aws.String("checkout")}); err != nil {
		t.Fatal(err)
	}
	if got := b.get().Status.State; got != types.CanaryStateStarting {
		t.Errorf("state %s", got)
	}
	b.clock.Advance(time.Minute)
	if c := b.get(); c.Status.State != types.CanaryStateRunning || len(b.runs()) != 2 {
		t.Errorf("state %s, runs %d", c.Status.State, len(b.runs()))
	}
	_, err := b.client.StartCanary(ctx, &sdk.StartCanaryInput{Name: aws.String("checkout")})
	b.wantCode(err, "ConflictException")
}

func TestArtifactsArePruned(t *testing.T) {
	b := newBench(t, func(s *Settings) { s.KeepRuns = 3 })
	b.add(nil)
	b.clock.Advance(time.Hour)
	if runs := b.runs(); len(runs) != 13 {
		t.Errorf("%d run entries", len(runs))
	}
	if n := len(b.bucket.under("artifacts/checkout")); n != 9 {
		t.Errorf("%d objects, want those of 3 runs", n)
	}
}

func TestRunsAreForgotten(t *testing.T) {
	b := newBench(t, func(s *Settings) { s.KeepRuns = 2 })
	b.add(func(c *Canary) { c.Schedule, c.SuccessDays = "rate(1 hour)", 1 })
	b.clock.Advance(50 * time.Hour)
	if n := len(b.runs()); n != 24 {
		t.Errorf("%d runs of the last day", n)
	}
	if c := b.service.find(account, region, "checkout"); len(c.runs) > 30 {
		t.Errorf("%d runs in memory", len(c.runs))
	}
}

func TestATimedOutRunPublishesNothing(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Timeout, c.RunDuration = 10, time.Minute })
	b.clock.Advance(5 * time.Minute)
	r := b.runs()[0]
	if r.Status.StateReasonCode != types.CanaryRunStateReasonCodeCanaryFailure || len(b.bucket.under(*r.ArtifactS3Location)) > 0 {
		t.Errorf("status %+v, artifacts %v", r.Status, b.bucket.under(*r.ArtifactS3Location))
	}
}
