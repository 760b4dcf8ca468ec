package fleet

import "time"

// Canary is a canary, and what its role may do with the key that it begins under.
type Canary struct {
	Account string `yaml:"account"`
	Region  string `yaml:"region"`
	Name    string `yaml:"name"`
	Role    string `yaml:"role"`
	// Runtime is syn-nodejs-puppeteer-11.0 when empty.
	Runtime string `yaml:"runtime,omitempty"`
	// Schedule is rate(5 minutes) when empty.
	Schedule string `yaml:"schedule,omitempty"`
	// Duration is Schedule.DurationInSeconds.
	Duration int64 `yaml:"duration,omitempty"`
	// Retries is RetryConfig.MaxRetries; Timeout is TimeoutInSeconds; Memory is MemoryInMB.
	Retries int `yaml:"retries,omitempty"`
	Timeout int `yaml:"timeout,omitempty"`
	Memory  int `yaml:"memory,omitempty"`
	// State is RUNNING (the default), READY, STOPPED or ERROR.
	State string `yaml:"state,omitempty"`
	// Location is "bucket/prefix"; AWS's default bucket, which then exists too, when empty.
	Location string `yaml:"location,omitempty"`
	// Encryption is the artifact encryption; absent for a canary that was never configured.
	Encryption *Encryption `yaml:"encryption,omitempty"`
	// Access is how the role may use Encryption's key and EnvironmentKey: "grant" (the default), "role_policy", "key_policy" or
	// "none".
	Access string `yaml:"access,omitempty"`
	// Browsers are CHROME and FIREFOX.
	Browsers []string `yaml:"browsers,omitempty"`
	// Screenshots make a visual canary.
	Screenshots []Screenshot `yaml:"screenshots,omitempty"`
	// EnvironmentKey is the key of the environment variables.
	EnvironmentKey string            `yaml:"environment_key,omitempty"`
	MultiLocation  *MultiLocation    `yaml:"multi_location,omitempty"`
	Tags           map[string]string `yaml:"tags,omitempty"`
	// SuccessDays and FailureDays are the retention periods of runs.
	SuccessDays int `yaml:"success_retention_days,omitempty"`
	FailureDays int `yaml:"failure_retention_days,omitempty"`
	// RunDuration is how long a run takes.
	RunDuration time.Duration `yaml:"run_duration,omitempty"`
	// SiteDown makes every run's script fail, Outages do so for a time after the world's start.
	SiteDown bool     `yaml:"site_down,omitempty"`
	Outages  []Outage `yaml:"outages,omitempty"`
	// RollBackNextUpdate is the reason with which the next update ends in a silent roll-back.
	RollBackNextUpdate string `yaml:"rollback_next_update,omitempty"`
	// NoHistory leaves out the one run that RUNNING and STOPPED canaries have behind them.
	NoHistory bool `yaml:"no_history,omitempty"`
	// LastRunAgo is how long before the world's start that run was; spread by the seed when 0.
	LastRunAgo time.Duration `yaml:"last_run_ago,omitempty"`
}

// Encryption is an artifact encryption.
type Encryption struct {
	// Mode is SSE_S3 or SSE_KMS; empty for the default, which is different from no Encryption only in what
	// GetCanary shows.
	Mode string `yaml:"mode,omitempty"`
	// Key goes with SSE_KMS.
	Key string `yaml:"key,omitempty"`
}

// Screenshot is one that a visual canary takes; see synthetics.Screenshot.
type Screenshot struct {
	Name     string   `yaml:"name"`
	Ignore   []string `yaml:"ignore,omitempty"`
	Changing []string `yaml:"changing,omitempty"`
	Excluded bool     `yaml:"excluded,omitempty"`
}

// MultiLocation makes a canary a primary or a replica; see synthetics.MultiLocation.
type MultiLocation struct {
	Type     string   `yaml:"type"`
	Primary  string   `yaml:"primary"`
	Replicas []string `yaml:"replicas,omitempty"`
	State    string   `yaml:"state,omitempty"`
}

// Outage begins After the world's start and lasts For.
type Outage struct {
	After time.Duration `yaml:"after"`
	For   time.Duration `yaml:"for"`
}

// The values of Canary.Access.
const (
	AccessGrant      = "grant"
	AccessRolePolicy = "role_policy"
	AccessKeyPolicy  = "key_policy"
	AccessNone       = "none"
)
