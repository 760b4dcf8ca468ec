package synthetics

import "time"

// Settings are the service's delays, bounds and switches. All durations are simulated. Begin with
// DefaultSettings and change what differs: a zero duration means none, a false switch means off.
//
// The switches stand for what AWS doesn't say. A migration must be safe under every value.
type Settings struct {
	// UpdateDelay is from UpdateCanary's answer to the end of UPDATING.
	UpdateDelay time.Duration `yaml:"update_delay,omitempty"`
	// StartDelay and StopDelay are how long STARTING and STOPPING last.
	StartDelay time.Duration `yaml:"start_delay,omitempty"`
	StopDelay  time.Duration `yaml:"stop_delay,omitempty"`
	// RunAfterEdit is from the end of UPDATING to the run that an edit causes; RunAfterStart is from the end
	// of STARTING to the first run of a rate schedule.
	RunAfterEdit  time.Duration `yaml:"run_after_edit,omitempty"`
	RunAfterStart time.Duration `yaml:"run_after_start,omitempty"`
	// RunDuration is how long a run takes where the canary doesn't say.
	RunDuration time.Duration `yaml:"run_duration,omitempty"`
	// RetryDelay is from the end of a failed run to its retry (RetryConfig).
	RetryDelay time.Duration `yaml:"retry_delay,omitempty"`
	// DryRunDelay is from StartCanaryDryRun's answer to the start of the run.
	DryRunDelay time.Duration `yaml:"dry_run_delay,omitempty"`

	// KeepRuns is of how many latest runs per canary the artifacts stay in the bucket, which bounds memory.
	// Those that a baseline refers to stay longer. The run entries themselves live as long as the canary's
	// retention periods.
	KeepRuns int `yaml:"keep_runs,omitempty"`

	// NextRunWipesIgnoreAreas: nextrun without BaseScreenshots forgets the ignore areas and the excluded
	// screenshots that the canary had; otherwise they carry over. Unconfirmed.
	NextRunWipesIgnoreAreas bool `yaml:"next_run_wipes_ignore_areas"`
	// NextRunDropsGivenScreenshots: nextrun forgets even the BaseScreenshots sent along with it, since the
	// names are "generated the first time the canary is run after the UpdateCanary operation" (API_BaseScreenshot).
	// Unconfirmed.
	NextRunDropsGivenScreenshots bool `yaml:"next_run_drops_given_screenshots"`
	// RunIDWipesIgnoreAreas: a run id, or lastrun, without BaseScreenshots forgets the ignore areas and the
	// excluded screenshots. Inferred: the list that is sent is the list that counts.
	RunIDWipesIgnoreAreas bool `yaml:"run_id_wipes_ignore_areas"`
	// FailedRunConsumesNextRun: a run whose script failed becomes the baseline under nextrun; otherwise the
	// first run that passes does. Unconfirmed.
	FailedRunConsumesNextRun bool `yaml:"failed_run_consumes_next_run"`
	// PendingBaselineHidden: between an update with nextrun and the run, GetCanary goes on showing the
	// previous BaseCanaryRunId instead of "nextrun". Unconfirmed.
	PendingBaselineHidden bool `yaml:"pending_baseline_hidden"`
	// BaselineIsNotComparedOnce: the run that makes the baseline from an earlier run's screenshots doesn't
	// compare itself with it. Inferred, off by default.
	BaselineIsNotComparedOnce bool `yaml:"baseline_is_not_compared_once"`
	// CronRunsAfterEdit: an edit makes canaries with a cron schedule run at once, as those with a rate do;
	// otherwise they wait for the next firing. Unconfirmed.
	CronRunsAfterEdit bool `yaml:"cron_runs_after_edit"`
	// EditRestartsDuration: an edit restarts the clock of Schedule.DurationInSeconds. Unconfirmed.
	EditRestartsDuration bool `yaml:"edit_restarts_duration"`
	// EmptyEncryptionResets: ArtifactConfig {"S3Encryption":{}} returns a canary to the default encryption;
	// otherwise it changes nothing. Inferred from AWS's CloudFormation handler, which sends it.
	EmptyEncryptionResets bool `yaml:"empty_encryption_resets"`
	// DryRunUsesNewKey: a dry run's artifacts are written with the encryption of its request; otherwise
	// with the canary's. Inferred.
	DryRunUsesNewKey bool `yaml:"dry_run_uses_new_key"`
	// DryRunComparesBaseline: a visual canary's dry run reads and compares the current baseline. Unconfirmed.
	DryRunComparesBaseline bool `yaml:"dry_run_compares_baseline"`
	// DryRunIDIsBaseline: a dry run's run id is accepted as BaseCanaryRunId. Unconfirmed.
	DryRunIDIsBaseline bool `yaml:"dry_run_id_is_baseline"`
	// DryRunBlocksUpdate: UpdateCanary conflicts with a dry run in progress. Inferred from "conflicting
	// operation is already in progress".
	DryRunBlocksUpdate bool `yaml:"dry_run_blocks_update"`
	// UpdateChecksKey: UpdateCanary and StartCanaryDryRun refuse a key that doesn't exist. Unconfirmed; off,
	// so a bad key shows at the next run.
	UpdateChecksKey bool `yaml:"update_checks_key"`
	// EncryptionOnPuppeteerOnly: ArtifactConfig is refused for runtimes other than syn-nodejs-puppeteer,
	// the only family that AWS names (API_ArtifactConfigInput). Unconfirmed.
	EncryptionOnPuppeteerOnly bool `yaml:"encryption_on_puppeteer_only"`
	// UpdatePublishesVersion: every update raises the version at the end of the engine's ARN. Seen in an
	// EventBridge sample; that an update of ArtifactConfig alone does it is inferred.
	UpdatePublishesVersion bool `yaml:"update_publishes_version"`
	// StartFromError: StartCanary is allowed for a canary in ERROR. Unconfirmed.
	StartFromError bool `yaml:"start_from_error"`
	// ReplicaUpdateCode is the error code with which a replica of a multi-location canary refuses to be
	// edited, started or stopped: ConflictException or ValidationException. Unconfirmed.
	ReplicaUpdateCode string `yaml:"replica_update_code,omitempty"`

	// DryRunRunning, DryRunPassed and DryRunFailed are the values of LastDryRunExecutionStatus, a free
	// string in the API. Unconfirmed.
	DryRunRunning string `yaml:"dry_run_running,omitempty"`
	DryRunPassed  string `yaml:"dry_run_passed,omitempty"`
	DryRunFailed  string `yaml:"dry_run_failed,omitempty"`
}

// DefaultSettings are the likelier reading of AWS, or the more cautious one where neither is likelier.
func DefaultSettings() Settings {
	return Settings{
		UpdateDelay: 5 * time.Second, StartDelay: 2 * time.Second, StopDelay: 2 * time.Second,
		RunAfterEdit: 2 * time.Second, RunAfterStart: time.Second,
		RunDuration: 5 * time.Second, RetryDelay: time.Second, DryRunDelay: 3 * time.Second,
		KeepRuns:                50,
		NextRunWipesIgnoreAreas: true, RunIDWipesIgnoreAreas: true,
		CronRunsAfterEdit:     true,
		EmptyEncryptionResets: true, DryRunUsesNewKey: true, DryRunComparesBaseline: true, DryRunBlocksUpdate: true,
		UpdatePublishesVersion: true, StartFromError: true,
		ReplicaUpdateCode: "ConflictException",
		DryRunRunning:     "RUNNING", DryRunPassed: "PASSED", DryRunFailed: "FAILED",
	}
}
