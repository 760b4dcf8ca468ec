package synthetics

import "time"

// Canary is a canary as a world seeds it.
type Canary struct {
	// Account, Region and Name make the canary's ARN.
	Account, Region, Name string
	// ID is Canary.Id; derived from the ARN when empty.
	ID string
	// Role is the ARN of the execution role.
	Role string
	// Runtime is a runtime version's name, for example syn-nodejs-puppeteer-11.0.
	Runtime string
	// Schedule is a rate or cron expression; rate(5 minutes) when empty.
	Schedule string
	// Duration is Schedule.DurationInSeconds; 0 runs until the canary is stopped.
	Duration int64
	// Retries is Schedule.RetryConfig.MaxRetries, 0 to 2.
	Retries int
	// Timeout is RunConfig.TimeoutInSeconds; 0 follows the schedule, up to 14 minutes.
	Timeout int
	// Memory is RunConfig.MemoryInMB; 1024 when 0.
	Memory int
	// State is READY, RUNNING, STOPPED or ERROR; RUNNING when empty.
	State string
	// Location is ArtifactS3Location, with or without s3://.
	Location string
	// Encryption is the artifact encryption; nil for a canary that was never configured.
	Encryption *Encryption
	// Browsers are CHROME and FIREFOX; CHROME alone when empty.
	Browsers []string
	// Screenshots make the canary a visual one: its script takes them in every run.
	Screenshots []Screenshot
	// EnvironmentKey is Canary.KmsKeyArn, the key of the environment variables.
	EnvironmentKey string
	// MultiLocation is set for primaries and replicas of multi-location canaries.
	MultiLocation *MultiLocation
	// Tags are Canary.Tags.
	Tags map[string]string
	// SuccessDays and FailureDays are the retention periods of runs; 31 days when 0.
	SuccessDays, FailureDays int
	// RunDuration is how long a run takes; Settings.RunDuration when 0.
	RunDuration time.Duration
	// SiteDown makes every run's script fail, until it is changed; Outages do so for a time.
	SiteDown bool
	Outages  []Outage
	// RollBackNextUpdate, when not empty, makes the next update end in a silent roll-back with this reason.
	RollBackNextUpdate string
	// Created is Timeline.Created; a day before the world's start when zero.
	Created time.Time
	// LastRun is the start of the one run that a RUNNING or STOPPED canary has behind it; zero for none. A
	// RUNNING canary's schedule continues from it. It is run for real when the canary is added, as the role,
	// so that the bucket holds its artifacts and, for a visual canary, the baseline.
	LastRun time.Time
}

// Encryption is S3EncryptionConfig: Mode is "", SSE_S3 or SSE_KMS, KeyARN goes with SSE_KMS.
type Encryption struct {
	Mode   string `json:"EncryptionMode,omitempty"`
	KeyARN string `json:"KmsKeyArn,omitempty"`
}

// Screenshot is one that a visual canary's script takes.
type Screenshot struct {
	// Name is BaseScreenshot.ScreenshotName; the object's name adds .png.
	Name string
	// Ignore are the ignore areas of the initial baseline, "x1,y1,x2,y2" each.
	Ignore []string
	// Changing are areas that look different in every run, "x1,y1,x2,y2" each: a comparison fails unless an
	// ignore area covers them.
	Changing []string
	// Excluded leaves the screenshot out of the initial baseline.
	Excluded bool
}

// Outage is a time in which the site that a canary visits is down: From <= t < Until.
type Outage struct{ From, Until time.Time }

// MultiLocation is Canary.MultiLocationConfig (types.MultiLocationConfig).
type MultiLocation struct {
	// Type is Primary or Replica.
	Type string
	// Primary is the Region of the primary canary.
	Primary string
	// Replicas are the Regions of the replicas; a primary's only.
	Replicas []string
	// State is InProgress, InSync or Inconsistent; a primary's only.
	State string
}

// ARN is the canary's.
func (c Canary) ARN() string { return ARN(c.Account, c.Region, c.Name) }

// ARN is the ARN of a canary of that name.
func ARN(account, region, name string) string {
	return "arn:aws:synthetics:" + region + ":" + account + ":canary:" + name
}
