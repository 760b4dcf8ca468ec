package synthetics

import (
	"errors"
	"slices"
	"strings"
	"time"

	"rekey/awssim/identity"
	"rekey/awssim/kms"
)

// The words of CanaryRunStatus (API_CanaryRunStatus).
const (
	passed           = "PASSED"
	failedRun        = "FAILED" // of a run's state and of its test's result
	canaryFailure    = "CANARY_FAILURE"
	executionFailure = "EXECUTION_FAILURE"
	unknown          = "UNKNOWN"
	chrome           = "CHROME"
	firefox          = "FIREFOX"
	nextRun          = "nextrun"
	lastRun          = "lastrun"
)

// run is one entry of GetCanaryRuns. All its instants follow from the schedule, so that a busy machine, which
// makes callbacks late, doesn't make runs late.
type run struct {
	id, scheduledID    string
	browser            string
	attempt            int       // 0, or the number of the retry
	scheduled          time.Time // the firing; the first attempt's for retries
	started, completed time.Time
	config             *configuration // in force when it started
	dry                *dryRun        // nil for runs of the schedule
	state              string
	reason, reasonCode string
	testResult         string
	refused, why       string // for the journal: see DetailRefused and DetailWhy
	unusable           string // see DetailUnusable
	pruned             bool
}

// tickAt makes the canary run at the instant at, unless its schedule is reset before.
func (s *Service) tickAt(c *canary, at time.Time) {
	generation := c.generation
	s.clock.At(at, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.generation == generation && c.runsNow() {
			s.tick(c, at)
		}
	})
}

// tick begins the run of the firing at and plans the next one.
func (s *Service) tick(c *canary, at time.Time) {
	if d := c.config.duration; d > 0 && !at.Before(c.scheduledSince.Add(time.Duration(d)*time.Second)) {
		// DurationInSeconds is over. That the canary ends STOPPED is inferred.
		s.settleStopped(c, at)
		return
	}
	for _, r := range s.begin(c, at, 0) {
		s.completeAt(c, r)
	}
	if next := c.config.schedule.Next(at); !next.IsZero() {
		s.tickAt(c, next)
	}
}

// begin makes a run for each browser. The browsers' runs start some milliseconds apart, because the folder of
// a run is named after its start.
func (s *Service) begin(c *canary, at time.Time, attempt int) []*run {
	var out []*run
	for i, b := range c.config.browsers {
		r := s.beginOne(c, c.config, b, at, at.Add(time.Duration(i)*7*time.Millisecond))
		r.attempt = attempt
		out = append(out, r)
	}
	return out
}

func (s *Service) beginOne(c *canary, f *configuration, browser string, scheduled, started time.Time) *run {
	r := &run{
		id: c.nextID(), browser: browser, scheduled: scheduled, started: started, config: f, state: running,
	}
	r.scheduledID = r.id
	duration := c.script.duration
	if duration == 0 {
		duration = s.settings.RunDuration
	}
	r.completed = started.Add(min(duration, f.limit()))
	s.forget(c, started)
	c.runs = append(c.runs, r)
	return r
}

func (s *Service) completeAt(c *canary, r *run) {
	s.clock.At(r.completed, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		s.complete(c, r)
		s.afterwards(c, r)
	})
}

// complete executes the run: the script, the upload, the comparison. A failed script wins over a failed upload
// (API_CanaryRunStatus).
func (s *Service) complete(c *canary, r *run) {
	wrote := ""
	if r.completed.Sub(r.started) >= r.config.limit() {
		// A run that is killed publishes no artifacts (CloudWatch User Guide, troubleshooting a canary).
		r.fail(canaryFailure, "The canary run timed out.")
		r.testResult, r.why = unknown, "timeout"
	} else {
		wrote = s.execute(c, r)
	}
	if c.wasStopped(r) {
		// The run finishes and uploads, but isn't recorded (API_StopCanary).
		c.remove(r)
		return
	}
	s.recordRun(c, r, wrote)
	s.prune(c)
}

// execute runs the script and returns what the artifacts are encrypted with.
func (s *Service) execute(c *canary, r *run) (wrote string) {
	down := c.script.isDown(r.started)
	r.state, r.testResult = passed, passed
	as := identity.Role(r.config.role, sessionName(c.name, r.id))
	if err := s.decryptEnvironment(c, r, as); err != nil {
		r.fail(canaryFailure, "Lambda was unable to decrypt the environment variables because KMS access was denied. "+err.Error())
		r.refuse("environment", err)
		r.testResult = unknown
		return ""
	}
	wrote, err := s.upload(c, r, as, down)
	switch {
	case err != nil:
		r.fail(executionFailure, "Unable to upload artifacts to S3: Access Denied. "+err.Error())
		r.refuse("artifacts", err)
	case len(r.config.visual) > 0:
		s.compare(c, r, as, down)
	}
	if down {
		r.fail(canaryFailure, "net::ERR_CONNECTION_TIMED_OUT at the canary's endpoint")
		r.testResult, r.why = failedRun, "site"
	}
	return wrote
}

func (r *run) fail(code, reason string) {
	if r.reasonCode == canaryFailure {
		return
	}
	const most = 400 // enough for a denial's sentence; reasons stay in memory as long as the run
	if len(reason) > most {
		reason = reason[:most]
	}
	r.state, r.reasonCode, r.reason = failedRun, code, reason
}

// refuse notes for the journal what the run's role was refused.
func (r *run) refuse(what string, err error) {
	r.refused = what
	if state, ok := errors.AsType[*kms.StateError](err); ok {
		r.unusable = state.Key
	}
}

// decryptEnvironment is what starting the function needs of the role when the canary's environment variables
// have a customer managed key (types.Canary, KmsKeyArn; aws-cdk issue 38797).
func (s *Service) decryptEnvironment(c *canary, r *run, as identity.Principal) error {
	if r.config.environmentKey == "" {
		return nil
	}
	return s.keys.Use(kms.Use{
		Principal: as, KeyARN: r.config.environmentKey, Region: c.region, Operation: "Decrypt",
		Via: "lambda." + c.region + ".amazonaws.com",
	})
}

// sessionName is what Lambda calls the role's session: the function's name, which begins with cwsyn-. Inferred.
func sessionName(canary, id string) string {
	if len(canary) > 21 {
		canary = canary[:21]
	}
	return "cwsyn-" + canary + "-" + id[:8]
}

// afterwards is what follows from a run of the schedule: a retry, or the end of a canary that runs once.
func (s *Service) afterwards(c *canary, r *run) {
	if r.dry != nil || c.wasStopped(r) {
		return
	}
	if r.state == failedRun && r.attempt < r.config.retries && c.runsNow() {
		at := r.completed.Add(s.settings.RetryDelay)
		generation := c.generation
		s.clock.At(at, func() { s.retry(c, r, at, generation) })
		return
	}
	if r.config.schedule.Once() && c.runsNow() {
		s.endOnce(c, r)
	}
}

func (s *Service) retry(c *canary, first *run, at time.Time, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation || !c.runsNow() {
		return
	}
	r := s.beginOne(c, c.config, first.browser, first.scheduled, at)
	r.attempt, r.scheduledID = first.attempt+1, first.scheduledID
	s.completeAt(c, r)
}

// endOnce stops a canary whose schedule is rate(0 hour) after its one run, also while it is UPDATING: then
// that is the state to which the update returns (seen by AWS's CloudFormation handler).
func (s *Service) endOnce(c *canary, r *run) {
	for _, other := range c.runs {
		if other.dry == nil && other.state == running {
			return // another browser's
		}
	}
	s.settleStopped(c, r.completed)
}

// wasStopped says whether StopCanary came while the run was in flight, or the canary's deletion.
func (c *canary) wasStopped(r *run) bool {
	return c.deleted || r.dry == nil && c.stopRequested.After(r.started) && c.stopRequested.Before(r.completed)
}

func (c *canary) remove(gone *run) {
	if i := slices.Index(c.runs, gone); i >= 0 {
		c.runs = slices.Delete(c.runs, i, i+1)
	}
}

// folder is the run's folder as an object key.
func (r *run) folder(c *canary) string {
	return r.config.location.key(runFolder(r.started, c.replicaRegion()))
}

// prefix begins the keys of the run's artifacts.
func (r *run) prefix(c *canary) string { return r.folder(c) + "/" }

// stamp is a run's start in the names of its files, which hold no colon.
func (r *run) stamp() string {
	return strings.ReplaceAll(r.started.UTC().Format("2006-01-02T15:04:05.000Z"), ":", "-")
}
