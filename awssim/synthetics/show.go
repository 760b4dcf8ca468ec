package synthetics

import (
	"strconv"
	"time"

	"rekey/awssim/wire/restjson"
)

// stampOf is a timestamp, absent when it is zero.
func stampOf(t time.Time) *restjson.Time {
	if t.IsZero() {
		return nil
	}
	out := restjson.Time(t)
	return &out
}

// canaryOut is types.Canary.
type canaryOut struct {
	ID                           string `json:"Id"`
	Name                         string
	Code                         codeOut
	ExecutionRoleArn             string
	Schedule                     scheduleOut
	RunConfig                    runConfigOut
	SuccessRetentionPeriodInDays int
	FailureRetentionPeriodInDays int
	Status                       statusOut
	Timeline                     timelineOut
	ArtifactS3Location           string
	EngineArn                    string          `json:",omitempty"`
	EngineConfigs                []engineOut     `json:",omitempty"`
	RuntimeVersion               string          `json:",omitempty"`
	VpcConfig                    *vpcConfig      `json:",omitempty"`
	VisualReference              *referenceOut   `json:",omitempty"`
	VisualReferences             []*referenceOut `json:",omitempty"`
	ProvisionedResourceCleanup   string          `json:",omitempty"`
	BrowserConfigs               []browserConfig `json:",omitempty"`
	Tags                         map[string]string
	ArtifactConfig               *artifactConfigOut `json:",omitempty"`
	DryRunConfig                 *dryRunOut         `json:",omitempty"`
	KmsKeyArn                    string             `json:",omitempty"`
	MultiLocationConfig          *multiLocationOut  `json:",omitempty"`
}

type codeOut struct{ SourceLocationArn, Handler string }

type scheduleOut struct {
	Expression        string
	DurationInSeconds int64
	RetryConfig       struct{ MaxRetries int }
}

type runConfigOut struct {
	TimeoutInSeconds int
	MemoryInMB       int
	ActiveTracing    bool
	EphemeralStorage int
}

type statusOut struct {
	State           string
	StateReason     string `json:",omitempty"`
	StateReasonCode string `json:",omitempty"`
}

type timelineOut struct {
	Created, LastModified, LastStarted, LastStopped *restjson.Time `json:",omitempty"`
}

type engineOut struct {
	EngineArn   string
	BrowserType string
}

type referenceOut struct {
	BaseCanaryRunID string           `json:"BaseCanaryRunId"`
	BaseScreenshots []baseScreenshot `json:",omitempty"`
	BrowserType     string           `json:",omitempty"`
}

type artifactConfigOut struct{ S3Encryption *Encryption }

type dryRunOut struct {
	DryRunID string `json:"DryRunId"`
	Last     string `json:"LastDryRunExecutionStatus,omitempty"`
}

type multiLocationOut struct {
	LocationType     string
	PrimaryLocation  string
	Replicas         []replicaOut `json:",omitempty"`
	ReplicationState string       `json:",omitempty"`
}

type replicaOut struct {
	Location          string
	CanaryState       string
	ReplicationStatus struct{ State string }
}

// show is the canary as it is or, for a dry run, as it would be. Environment variables are never shown, and a
// canary whose encryption was never configured has no ArtifactConfig (Terraform's acceptance tests).
func (s *Service) show(c *canary, d *dryRun) *canaryOut {
	f := c.config
	out := &canaryOut{
		ID: c.id, Name: c.name, Tags: c.tags,
		Status: statusOut{c.state, c.reason, c.reasonCode},
		Timeline: timelineOut{
			Created: stampOf(c.created), LastModified: stampOf(c.modified),
			LastStarted: stampOf(c.lastStarted), LastStopped: stampOf(c.lastStopped),
		},
	}
	if last := c.lastDryRun(); d == nil && last != nil {
		out.DryRunConfig = &dryRunOut{last.id, s.status(last)}
	}
	if d != nil {
		f = d.config
		out.DryRunConfig = &dryRunOut{d.id, s.status(d)}
		out.Status = dryRunStatus(d)
	}
	out.showConfiguration(c, f)
	return out
}

// dryRunStatus is the Status beside a DryRunId. AWS says that it tells why a dry run couldn't be done; the
// states themselves are inferred.
func dryRunStatus(d *dryRun) statusOut {
	if d.inProgress() {
		return statusOut{State: updating, StateReasonCode: "UPDATE_IN_PROGRESS"}
	}
	if r := d.failure(); r != nil {
		return statusOut{State: failed, StateReason: r.reason}
	}
	return statusOut{State: ready, StateReasonCode: "UPDATE_COMPLETE"}
}

func (out *canaryOut) showConfiguration(c *canary, f *configuration) {
	out.Code = codeOut{
		SourceLocationArn: "arn:aws:lambda:" + c.region + ":" + c.account + ":layer:cwsyn-" + c.name + "-" + c.id + ":" + strconv.Itoa(f.version),
		Handler:           f.handler,
	}
	out.ExecutionRoleArn, out.RuntimeVersion = f.role, f.runtime
	out.Schedule = scheduleOut{Expression: f.schedule.String(), DurationInSeconds: f.duration}
	out.Schedule.RetryConfig.MaxRetries = f.retries
	out.RunConfig = runConfigOut{int(f.limit() / time.Second), f.memory, f.tracing, f.ephemeral}
	out.SuccessRetentionPeriodInDays, out.FailureRetentionPeriodInDays = f.successDays, f.failureDays
	out.ArtifactS3Location, out.VpcConfig = f.location.text, f.vpc
	out.ProvisionedResourceCleanup, out.KmsKeyArn = f.cleanup, f.environmentKey
	if f.encryption != nil {
		out.ArtifactConfig = &artifactConfigOut{f.encryption}
	}
	out.MultiLocationConfig = showLocations(c)
	out.showBrowsers(c, f)
}

// showBrowsers fills what differs between old runtimes, one engine and one reference, and new ones, lists of
// both (API_Canary). That old ones show the list of references too is inferred.
func (out *canaryOut) showBrowsers(c *canary, f *configuration) {
	plural := since(f.runtime, pluralOnly)
	for _, b := range f.browsers {
		name := "cwsyn-" + c.name + "-" + c.id
		if len(f.browsers) > 1 {
			name += "-" + b
		}
		engine := "arn:aws:lambda:" + c.region + ":" + c.account + ":function:" + name + ":" + strconv.Itoa(f.version)
		if plural {
			out.EngineConfigs = append(out.EngineConfigs, engineOut{engine, b})
		} else {
			out.EngineArn = engine
		}
		if f.browsersWereSent || plural {
			out.BrowserConfigs = append(out.BrowserConfigs, browserConfig{b})
		}
	}
	for _, v := range f.visual {
		ref := &referenceOut{BaseCanaryRunID: v.shown, BaseScreenshots: v.screenshots, BrowserType: v.browser}
		out.VisualReferences = append(out.VisualReferences, ref)
		if !plural {
			out.VisualReference = ref
		}
	}
}

func showLocations(c *canary) *multiLocationOut {
	if c.multi == nil {
		return nil
	}
	out := &multiLocationOut{
		LocationType: c.multi.Type, PrimaryLocation: c.multi.Primary, ReplicationState: c.multi.State,
	}
	for _, region := range c.multi.Replicas {
		r := replicaOut{Location: region, CanaryState: c.state}
		r.ReplicationStatus.State = c.multi.State
		out.Replicas = append(out.Replicas, r)
	}
	return out
}
