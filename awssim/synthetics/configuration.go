package synthetics

import (
	"time"

	"rekey/awssim/s3"
	"rekey/awssim/synthetics/schedule"
)

// configuration is everything about a canary that an edit can change. It is never changed in place: an edit
// makes another one, and a run keeps the one in force when it started.
type configuration struct {
	role, runtime    string
	handler          string
	schedule         schedule.Expression
	duration         int64 // seconds
	retries          int
	timeout          int // seconds, 0 when not set
	memory           int
	ephemeral        int
	tracing          bool
	environmentKey   string
	location         location
	encryption       *Encryption // nil: never configured, or reset
	browsers         []string
	visual           []*visualReference // one per browser
	vpc              *vpcConfig
	successDays      int
	failureDays      int
	cleanup          string
	version          int // of the engine
	browsersWereSent bool
}

// visualReference is one browser's baseline as configured. A change makes another one; identity tells the
// engine whether the baseline that it holds was made for this reference.
type visualReference struct {
	browser string
	base    string // nextrun, or a run's id
	shown   string // what GetCanary shows as BaseCanaryRunId
	// screenshots are nil until a run names them.
	screenshots []baseScreenshot
}

type baseScreenshot struct {
	Name   string   `json:"ScreenshotName"`
	Ignore []string `json:"IgnoreCoordinates,omitempty"`
}

type vpcConfig struct {
	SubnetIDs        []string `json:"SubnetIds,omitempty"`
	SecurityGroupIDs []string `json:"SecurityGroupIds,omitempty"`
	VpcID            string   `json:"VpcId,omitempty"`
	Ipv6             *bool    `json:"Ipv6AllowedForDualStack,omitempty"`
}

func (f configuration) reference(browser string) *visualReference {
	for _, v := range f.visual {
		if v.browser == browser {
			return v
		}
	}
	return nil
}

// withReference is a copy whose reference old has become now.
func (f configuration) withReference(old, now *visualReference) *configuration {
	visual := make([]*visualReference, len(f.visual))
	copy(visual, f.visual)
	for i, v := range visual {
		if v == old {
			visual[i] = now
		}
	}
	f.visual = visual
	return &f
}

// limit is how long a run may take: RunConfig.TimeoutInSeconds, or the rate up to 14 minutes
// (API_CanaryRunConfigInput).
func (f configuration) limit() time.Duration {
	const most = 14 * time.Minute
	if f.timeout > 0 {
		return time.Duration(f.timeout) * time.Second
	}
	if every := f.schedule.Every(); every > 0 && every < most {
		return every
	}
	return most
}

// upload is the encryption that the runtime asks S3 for. In the default mode it sends aws:kms without a key
// (seen in a canary's log, aws-cdk issue 19240).
func (e *Encryption) upload() s3.Encryption {
	switch {
	case e == nil || e.Mode == "":
		return s3.Encryption{Algorithm: "aws:kms"}
	case e.Mode == "SSE_S3":
		return s3.Encryption{Algorithm: "AES256"}
	}
	return s3.Encryption{Algorithm: "aws:kms", KeyARN: e.KeyARN}
}

// String is the short form for the journal: "default", "SSE_S3" or the key's ARN.
func (e *Encryption) String() string {
	switch {
	case e == nil || e.Mode == "":
		return "default"
	case e.Mode == "SSE_S3":
		return e.Mode
	}
	return e.KeyARN
}
