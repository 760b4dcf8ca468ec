package synthetics

import (
	"bytes"
	"fmt"
	"slices"

	"rekey/awssim/identity"
)

// baseline is one browser's baseline as it lies in the bucket: copies of screenshots, encrypted as the canary
// was when they were made, in the location that the canary had then. An edit of either doesn't touch it.
type baseline struct {
	reference *visualReference // for which it was made
	location  location
	folder    string
}

// compare makes the baseline when the run is to, or compares the run's screenshots with it. What goes wrong in
// reading or copying is an EXECUTION_FAILURE; a picture that differs fails the run's test
// (withFailCanaryRunOnVisualVariance is on by default: CloudWatch User Guide, Library_Nodejs).
func (s *Service) compare(c *canary, r *run, as identity.Principal, down bool) {
	ref := r.config.reference(r.browser)
	if ref == nil {
		return
	}
	if r.dry != nil {
		if b := c.baselines[r.browser]; b != nil && s.settings.DryRunComparesBaseline {
			s.compareWith(c, r, as, b, b.reference, down)
		}
		return
	}
	b := c.baselines[r.browser]
	made := b == nil || b.reference != ref
	if made && c.config.reference(r.browser) == ref {
		if ref.base == nextRun && down && !s.settings.FailedRunConsumesNextRun {
			return
		}
		next, err := s.establish(c, r, ref, as)
		if err != nil {
			r.fail(executionFailure, "Exception when copying from s3 directory: "+err.Error())
			r.refuse("baseline", err)
			return
		}
		c.baselines[r.browser] = next
		c.config = c.config.withReference(ref, next.reference)
		b, ref = next, next.reference
		if s.settings.BaselineIsNotComparedOnce {
			return
		}
	}
	if b != nil {
		s.compareWith(c, r, as, b, ref, down)
	}
}

// establish copies the screenshots to <location>/visualBaseReference/<screenshot>.png as the role, with the
// canary's encryption (seen in a canary's log, aws-cdk issue 19240). Where there are two browsers each has a
// folder of its own below that one, which is inferred.
func (s *Service) establish(c *canary, r *run, ref *visualReference, as identity.Principal) (*baseline, error) {
	source := r
	if ref.base != nextRun {
		if source = c.runByID(ref.base); source == nil {
			return nil, fmt.Errorf("run %s is gone", ref.base)
		}
	}
	made := *ref
	made.base, made.shown = source.id, source.id
	if made.screenshots == nil {
		for _, shot := range c.script.screenshots {
			made.screenshots = append(made.screenshots, baseScreenshot{Name: shot.Name})
		}
	}
	b := &baseline{reference: &made, location: r.config.location, folder: r.config.location.key("visualBaseReference/")}
	if len(r.config.browsers) > 1 {
		b.folder += r.browser + "/"
	}
	for _, shot := range made.screenshots {
		_, err := s.storage.CopyObject(as,
			source.config.location.bucket, source.prefix(c)+shot.Name+".png",
			b.location.bucket, b.folder+shot.Name+".png", r.config.encryption.upload())
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// compareWith reads the baseline as the role, which needs Decrypt on the key that it carries.
func (s *Service) compareWith(c *canary, r *run, as identity.Principal, b *baseline, ref *visualReference, down bool) {
	for _, base := range ref.screenshots {
		o, err := s.storage.GetObject(as, b.location.bucket, b.folder+base.Name+".png")
		if err != nil {
			r.fail(executionFailure, "Unable to fetch the base screenshots: "+err.Error())
			r.refuse("baseline", err)
			return
		}
		shot, ok := c.script.screenshot(base.Name)
		if !ok {
			continue
		}
		area, hidden := uncovered(shot.Changing, base.Ignore)
		if bytes.Equal(o.Body, picture(c, shot, down)) && !hidden {
			continue
		}
		reason := fmt.Sprintf("Visual variance in screenshot %s", base.Name)
		if hidden {
			reason += " at " + area
		}
		r.fail(canaryFailure, reason)
		r.testResult, r.why = failedRun, "variance"
		return
	}
}

func (s script) screenshot(name string) (Screenshot, bool) {
	for _, shot := range s.screenshots {
		if shot.Name == name {
			return shot, true
		}
	}
	return Screenshot{}, false
}

// uncovered is the first changing area that no ignore area covers.
func uncovered(changing, ignore []string) (string, bool) {
	for _, area := range changing {
		covered := false
		for _, i := range ignore {
			covered = covered || covers(i, area)
		}
		if !covered {
			return area, true
		}
	}
	return "", false
}

// covers says whether the outer area, "x1,y1,x2,y2", holds the inner one.
func covers(outer, inner string) bool {
	o, ok := corners(outer)
	i, okInner := corners(inner)
	return ok && okInner && o[0] <= i[0] && o[1] <= i[1] && o[2] >= i[2] && o[3] >= i[3]
}

func corners(text string) ([4]float64, bool) {
	var c [4]float64
	n, err := fmt.Sscanf(text, "%f,%f,%f,%f", &c[0], &c[1], &c[2], &c[3])
	if err != nil || n != 4 {
		return c, false
	}
	if c[0] > c[2] {
		c[0], c[2] = c[2], c[0]
	}
	if c[1] > c[3] {
		c[1], c[3] = c[3], c[1]
	}
	return c, true
}

// runByID is a run that retention hasn't dropped yet, or that a baseline holds.
func (c *canary) runByID(id string) *run {
	for _, r := range slices.Backward(c.runs) {
		if r.id == id {
			return r
		}
	}
	for _, r := range c.held {
		if r.id == id {
			return r
		}
	}
	return nil
}
