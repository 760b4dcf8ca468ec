package conformance

import (
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

const runStatus = "API_CanaryRunStatus"

func runFacts() []fact {
	return []fact{
		{
			name: "RunThatCannotSaveArtifactsIsAnExecutionFailure", status: confirmed, mutates: true, needs: []subject{canary, forbiddenKey},
			source: runStatus + ", StateReasonCode",
			check: func(x *trial) {
				known := x.history(canary)
				x.edit(canary, x.under(forbiddenKey)) // which Synthetics takes: the run fails
				expectStatus(x, x.next(canary, known), types.CanaryRunStateReasonCodeExecutionFailure, types.CanaryRunTestResultPassed)
			},
		},
		{
			name: "FailedScriptIsACanaryFailure", status: confirmed, needs: []subject{failingCanary}, source: runStatus + ", StateReasonCode",
			check: func(x *trial) {
				expectStatus(x, x.ended(failingCanary), types.CanaryRunStateReasonCodeCanaryFailure, types.CanaryRunTestResultFailed)
			},
		},
		{
			name: "CanaryFailureWinsOverExecutionFailure", status: confirmed, mutates: true, needs: []subject{failingCanary, forbiddenKey},
			source: runStatus + ", StateReasonCode",
			check: func(x *trial) {
				known := x.history(failingCanary)
				x.edit(failingCanary, x.under(forbiddenKey))
				var r types.CanaryRun
				x.eventually(settling, "a run has no artifacts", func() bool { // one of the schedule may come before the edit
					r = x.next(failingCanary, known)
					known[*r.Id] = true
					return x.encryption(*r.ArtifactS3Location) == ""
				})
				expectStatus(x, r, types.CanaryRunStateReasonCodeCanaryFailure, types.CanaryRunTestResultFailed)
			},
		},
		{
			name: "RetriesShareTheirScheduledRunId", status: confirmed, needs: []subject{failingCanary}, source: "API_CanaryRun, ScheduledRunId",
			check: retriesShare,
		},
		{
			name: "EveryBrowserHasARun", status: inferred, needs: []subject{visualCanary}, source: "API_CanaryRun, BrowserType",
			check: func(x *trial) {
				browsers := map[types.BrowserType]bool{}
				for _, r := range x.runs(visualCanary) {
					browsers[r.BrowserType] = true
				}
				if !browsers[types.BrowserTypeChrome] || !browsers[types.BrowserTypeFirefox] {
					x.Errorf("%v", browsers)
				}
			},
		},
		{
			name: "RunsComeNewestFirst", status: inferred, needs: []subject{failingCanary}, source: "AWS CLI, get-canary-runs sample",
			check: func(x *trial) {
				x.eventually(time.Hour, "the canary has several runs", func() bool { return len(x.runs(failingCanary)) > 1 })
				runs := x.runs(failingCanary)
				for i := 1; i < len(runs); i++ {
					if runs[i].Timeline.Started.After(*runs[i-1].Timeline.Started) {
						x.Errorf("run %d is newer than the one before it", i)
					}
				}
			},
		},
		{
			name: "TimedOutRunPublishesNoArtifacts", status: confirmed, needs: []subject{timingOut},
			source: "CloudWatch User Guide, troubleshooting: no datapoint",
			check: func(x *trial) {
				r := x.ended(timingOut)
				if under := x.encryption(*r.ArtifactS3Location); under != "" || r.Status.State != types.CanaryRunStateFailed {
					x.Errorf("%s, artifacts under %q", text(r.Status), under)
				}
			},
		},
		{
			name: "ArtifactsLieInAFolderOfTheRunsStart", status: confirmed, needs: []subject{canary},
			source: "CloudWatch User Guide, EventBridge events; AWS CLI, get-canary-runs sample",
			check: func(x *trial) {
				expectFolder(x, canary, `\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}`)
			},
		},
		{
			name: "RunsOlderThanTheRetentionAreNotListed", status: confirmed, needs: []subject{forgetful},
			source: "API_StartCanaryDryRun, SuccessRetentionPeriodInDays",
			check: func(x *trial) {
				days := *x.canary(forgetful).SuccessRetentionPeriodInDays
				for _, r := range x.runs(forgetful) {
					if age := x.clock.Now().Sub(*r.Timeline.Started); age > time.Duration(days+1)*24*time.Hour {
						x.Errorf("a run of %s ago is listed", age)
					}
				}
			},
		},
		{
			name: "EarlierArtifactsKeepTheirKey", status: confirmed, mutates: true, needs: []subject{canary, key, otherKey},
			source: "Amazon S3 User Guide, default bucket encryption: existing objects aren't re-encrypted",
			check: func(x *trial) {
				before, known := x.ended(canary), x.history(canary)
				x.edit(canary, x.under(otherKey))
				x.next(canary, known)
				x.expectEncryption(before, key)
			},
		},
		{
			name: "DefaultIsTheAWSManagedKey", status: confirmed, mutates: true, needs: []subject{unconfigured},
			source: "API_S3EncryptionConfig; aws-cdk issue 19240",
			check: func(x *trial) {
				out, err := x.kms.DescribeKey(x.ctx, &awskms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")})
				x.must(err)
				if under := x.encryption(*x.ended(unconfigured).ArtifactS3Location); under != *out.KeyMetadata.Arn {
					x.Errorf("the artifacts lie under %s, want %s", under, *out.KeyMetadata.Arn)
				}
			},
		},
		{
			name: "RunNeedsDecryptOnTheEnvironmentKey", status: confirmed, mutates: true, needs: []subject{environmentCanary, forbiddenKey, key},
			source: "aws-cdk issue 38797; that a canary's run shows it as a failure is inferred",
			check: func(x *trial) {
				before := x.canary(environmentCanary)
				known := x.history(environmentCanary)
				x.Cleanup(func() {
					x.settled(environmentCanary)
					_, err := x.synthetics.UpdateCanary(x.ctx, &awssynthetics.UpdateCanaryInput{Name: before.Name, KmsKeyArn: before.KmsKeyArn})
					x.must(err)
					x.settled(environmentCanary)
				})
				x.edit(environmentCanary, &awssynthetics.UpdateCanaryInput{KmsKeyArn: x.named(forbiddenKey)})
				if r := x.next(environmentCanary, known); r.Status.State != types.CanaryRunStateFailed {
					x.Errorf("%s", text(r.Status))
				}
			},
		},
	}
}

func expectStatus(x *trial, r types.CanaryRun, code types.CanaryRunStateReasonCode, result types.CanaryRunTestResult) {
	if r.Status.State != types.CanaryRunStateFailed || r.Status.StateReasonCode != code || r.Status.TestResult != result {
		x.Errorf("%s, want FAILED, %s, %s", text(r.Status), code, result)
	}
}

func retriesShare(x *trial) {
	x.eventually(time.Hour, "a retry has the id of its first attempt", func() bool {
		attempts := map[string]int32{}
		for _, r := range x.runs(failingCanary) { // newest first: retries before the first attempt
			attempts[*r.ScheduledRunId] += 1 + aws.ToInt32(r.RetryAttempt)
		}
		for _, sum := range attempts {
			if sum == 3 { // attempts 0 and 1
				return true
			}
		}
		return false
	})
}

// expectFolder compares the folder of the newest run with a pattern, and its parts with the run's start.
func expectFolder(x *trial, s subject, pattern string) {
	r := x.ended(s)
	folder, ok := strings.CutPrefix(*r.ArtifactS3Location, strings.TrimSuffix(*x.canary(s).ArtifactS3Location, "/")+"/")
	if !ok || !regexp.MustCompile("^"+pattern+"$").MatchString(folder) {
		x.Errorf("the folder is %s", *r.ArtifactS3Location)
	}
	start := r.Timeline.Started.UTC()
	if !strings.HasPrefix(folder, start.Format("2006/01/02/15/")) {
		x.Errorf("the folder %s isn't of %s", folder, start)
	}
}
