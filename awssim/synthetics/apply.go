package synthetics

import (
	"slices"
	"strings"
	"time"

	"rekey/awssim/synthetics/schedule"
)

// apply makes the configuration that the change asks for, with the checks that need the canary and the world.
// What the change doesn't name stays as it is.
func (s *Service) apply(c *canary, in *change, now time.Time) (*configuration, error) {
	next := *c.config
	if in.RuntimeVersion != nil {
		next.runtime = *in.RuntimeVersion
	}
	// A canary on a deprecated runtime can only be updated to a supported one (CloudWatch User Guide, runtime
	// versions support policy).
	if old, err := isDeprecated(next.runtime, now); err != nil || old {
		return nil, invalid("Deprecated runtime version specified: %s.", next.runtime)
	}
	if in.ExecutionRoleArn != nil {
		role, ok := s.roles.Role(*in.ExecutionRoleArn)
		if !ok || !strings.Contains(role.Trust, "lambda.amazonaws.com") {
			return nil, invalid("The role %s can't be assumed by Lambda.", *in.ExecutionRoleArn)
		}
		next.role = *in.ExecutionRoleArn
	}
	if in.Code != nil && in.Code.Handler != nil {
		next.handler = *in.Code.Handler
	}
	if in.Schedule != nil {
		if err := setSchedule(&next, in.Schedule); err != nil {
			return nil, err
		}
	}
	next.setNumbers(in)
	if in.ArtifactS3Location != nil {
		next.location, _ = parseLocation(*in.ArtifactS3Location) // checked with the request
	}
	if in.BrowserConfigs != nil {
		next.setBrowsers(in.BrowserConfigs)
	}
	if err := s.setEncryption(&next, in); err != nil {
		return nil, err
	}
	if err := s.setReferences(c, &next, in, now); err != nil {
		return nil, err
	}
	return &next, checkWhole(&next)
}

func setSchedule(f *configuration, in *scheduleInput) error {
	e, err := schedule.Parse(*in.Expression)
	if err != nil {
		return invalid("%v", err)
	}
	f.schedule = e
	if in.DurationInSeconds != nil {
		f.duration = *in.DurationInSeconds
	}
	if in.RetryConfig != nil {
		f.retries = *in.RetryConfig.MaxRetries
	}
	return nil
}

func (f *configuration) setNumbers(in *change) {
	set := func(to *int, value *int) {
		if value != nil {
			*to = *value
		}
	}
	set(&f.successDays, in.SuccessRetentionPeriodInDays)
	set(&f.failureDays, in.FailureRetentionPeriodInDays)
	if r := in.RunConfig; r != nil {
		set(&f.timeout, r.TimeoutInSeconds)
		set(&f.memory, r.MemoryInMB)
		set(&f.ephemeral, r.EphemeralStorage)
		if r.ActiveTracing != nil {
			f.tracing = *r.ActiveTracing
		}
	}
	if in.VpcConfig != nil {
		vpc := *in.VpcConfig
		vpc.VpcID = "vpc-0123456789abcdef0"
		f.vpc = &vpc
	}
	if in.ProvisionedResourceCleanup != nil {
		f.cleanup = *in.ProvisionedResourceCleanup
	}
	if in.KmsKeyArn != nil {
		f.environmentKey = *in.KmsKeyArn // "" reverts to AWS's key
	}
}

func (f *configuration) setBrowsers(in []browserConfig) {
	f.browsers, f.browsersWereSent = nil, true
	for _, b := range in {
		f.browsers = append(f.browsers, b.BrowserType)
	}
	// A browser that the canary no longer has loses its baseline.
	var visual []*visualReference
	for _, v := range f.visual {
		if slices.Contains(f.browsers, v.browser) {
			visual = append(visual, v)
		}
	}
	f.visual = visual
}

func (s *Service) setEncryption(f *configuration, in *change) error {
	if in.ArtifactConfig == nil || in.ArtifactConfig.S3Encryption == nil {
		return nil
	}
	sent := in.ArtifactConfig.S3Encryption
	if sent.EncryptionMode == nil && sent.KmsKeyArn == nil {
		if s.settings.EmptyEncryptionResets {
			f.encryption = nil
		}
		return nil
	}
	name, _ := family(f.runtime)
	if name == "syn-nodejs-puppeteer" && !since(f.runtime, artifactEncryption) ||
		name != "syn-nodejs-puppeteer" && s.settings.EncryptionOnPuppeteerOnly {
		return invalid("Artifact encryption isn't supported for runtime version %s.", f.runtime)
	}
	e := &Encryption{Mode: *sent.EncryptionMode}
	if sent.KmsKeyArn != nil {
		e.KeyARN = *sent.KmsKeyArn
		if _, ok := s.keys.Key(e.KeyARN); !ok && s.settings.UpdateChecksKey {
			return invalid("KMS key %s not found.", e.KeyARN)
		}
	}
	f.encryption = e
	return nil
}

// setReferences replaces the references that are sent; the other browsers' stay.
func (s *Service) setReferences(c *canary, f *configuration, in *change, now time.Time) error {
	sent := in.VisualReferences
	if in.VisualReference != nil {
		if since(f.runtime, pluralOnly) {
			return invalid("VisualReference isn't supported for runtime version %s: use VisualReferences.", f.runtime)
		}
		sent = []referenceInput{*in.VisualReference}
	}
	if len(sent) == 0 {
		return nil
	}
	if !since(f.runtime, visualMonitoring) {
		return invalid("Visual monitoring isn't supported for runtime version %s.", f.runtime)
	}
	next := map[string]*visualReference{}
	for _, v := range sent {
		ref, err := s.reference(c, f, v, now)
		if err != nil {
			return err
		}
		if next[ref.browser] != nil {
			return invalid("Browser %s has two visual references.", ref.browser)
		}
		next[ref.browser] = ref
	}
	var visual []*visualReference
	for _, b := range f.browsers {
		if next[b] != nil {
			visual = append(visual, next[b])
		} else if old := f.reference(b); old != nil {
			visual = append(visual, old)
		}
	}
	f.visual = visual
	return nil
}

// reference turns what is sent for one browser into a reference; lastrun becomes the run's id.
func (s *Service) reference(c *canary, f *configuration, in referenceInput, now time.Time) (*visualReference, error) {
	browser := f.browsers[0]
	switch {
	case in.BrowserType != nil:
		browser = *in.BrowserType
	case len(f.browsers) > 1:
		return nil, invalid("BrowserType is needed in VisualReferences of a canary with several browsers.")
	}
	if !slices.Contains(f.browsers, browser) {
		return nil, invalid("Canary %s doesn't run on %s.", c.name, browser)
	}
	base := *in.BaseCanaryRunID
	if base == lastRun {
		r := c.latest(browser)
		if r == nil {
			return nil, invalid("Canary %s has no run to use as lastrun.", c.name)
		}
		base = r.id
	}
	old := f.reference(browser)
	ref := &visualReference{browser: browser, base: base, shown: base, screenshots: s.screenshots(in, old)}
	if base == nextRun {
		if s.settings.PendingBaselineHidden && old != nil {
			ref.shown = old.shown
		}
		return ref, nil
	}
	r := c.runByID(base)
	usable := r != nil && r.browser == browser && (r.dry == nil || s.settings.DryRunIDIsBaseline)
	if !usable || now.Sub(r.started) > 31*24*time.Hour {
		return nil, invalid("%s is no run of canary %s on %s in the past 31 days.", base, c.name, browser)
	}
	return ref, nil
}

// screenshots are those that the baseline is to have; nil leaves it to the run that makes it.
func (s *Service) screenshots(in referenceInput, old *visualReference) []baseScreenshot {
	next := *in.BaseCanaryRunID == nextRun
	switch {
	case next && s.settings.NextRunDropsGivenScreenshots:
		return nil
	case len(in.BaseScreenshots) > 0:
		return in.BaseScreenshots
	case old == nil, next && s.settings.NextRunWipesIgnoreAreas, !next && s.settings.RunIDWipesIgnoreAreas:
		return nil
	}
	return old.screenshots
}

// latest is the latest ended run of the schedule on a browser.
func (c *canary) latest(browser string) *run {
	for _, r := range slices.Backward(c.runs) {
		if r.dry == nil && r.state != running && r.browser == browser {
			return r
		}
	}
	return nil
}

// checkWhole looks at members that depend on each other.
func checkWhole(f *configuration) error {
	every := f.schedule.Every()
	switch {
	case f.retries == 2 && f.timeout >= 600:
		return invalid("With two retries TimeoutInSeconds must be less than 600.")
	case every > 0 && time.Duration(f.timeout)*time.Second > every:
		return invalid("TimeoutInSeconds can't be longer than the frequency of the runs.")
	case slices.Contains(f.browsers, firefox) && !since(f.runtime, pluralOnly):
		return invalid("Browser FIREFOX isn't supported for runtime version %s.", f.runtime)
	}
	return nil
}
