package synthetics

import "rekey/awssim/wire/restjson"

// runOut is types.CanaryRun.
type runOut struct {
	ID                 string `json:"Id"`
	ScheduledRunID     string `json:"ScheduledRunId"`
	RetryAttempt       int    `json:",omitempty"`
	Name               string
	Status             runStatusOut
	Timeline           runTimelineOut
	ArtifactS3Location string
	BrowserType        string
	Location           string     `json:",omitempty"`
	DryRunConfig       *dryRunOut `json:",omitempty"`
}

type runStatusOut struct {
	State           string
	StateReason     string `json:",omitempty"`
	StateReasonCode string `json:",omitempty"`
	TestResult      string `json:",omitempty"`
}

type runTimelineOut struct {
	Started   *restjson.Time
	Completed *restjson.Time `json:",omitempty"`
	Metric    *restjson.Time `json:"MetricTimestampForRunAndRetries,omitempty"`
}

func (c *canary) showRun(r *run) runOut {
	out := runOut{
		ID: r.id, ScheduledRunID: r.scheduledID, RetryAttempt: r.attempt, Name: c.name,
		Status:             runStatusOut{r.state, r.reason, r.reasonCode, r.testResult},
		Timeline:           runTimelineOut{Started: stampOf(r.started), Metric: stampOf(r.scheduled)},
		ArtifactS3Location: r.config.location.show(r.folder(c)),
		BrowserType:        r.browser,
	}
	if c.multi != nil {
		out.Location = c.region
	}
	if r.state != running {
		out.Timeline.Completed = stampOf(r.completed)
	}
	if r.dry != nil {
		out.DryRunConfig = &dryRunOut{DryRunID: r.dry.id}
	}
	return out
}
