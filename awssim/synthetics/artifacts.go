package synthetics

import (
	"time"

	"rekey/awssim/identity"
	"rekey/awssim/s3"
)

// upload puts the run's artifacts as the canary's role, and returns what they are encrypted with: "AES256" or
// the key's ARN. It ends at the first refusal: nothing is there then, or not all of it.
func (s *Service) upload(c *canary, r *run, as identity.Principal, down bool) (wrote string, err error) {
	e := s.uploadEncryption(c, r)
	report := "SyntheticsReport-PASSED.json"
	if down {
		report = "SyntheticsReport-FAILED.json"
	}
	files := []artifact{
		{r.stamp() + "-log.txt", []byte("canary " + c.name + " run " + r.id + "\n")},
		{report, []byte(`{"canaryName":"` + c.name + `"}`)},
		{"results.har", []byte(`{"log":{"version":"1.2","entries":[]}}`)},
	}
	for _, shot := range c.script.screenshots {
		files = append(files, artifact{shot.Name + ".png", picture(c, shot, down)})
	}
	for _, f := range files {
		o, err := s.storage.PutObject(as, s3.PutInput{
			Bucket: r.config.location.bucket, Key: r.prefix(c) + f.name, Body: f.body, Encryption: e,
		})
		if err != nil {
			return wrote, err
		}
		wrote = o.Encryption.KeyARN
		if wrote == "" {
			wrote = o.Encryption.Algorithm
		}
	}
	return wrote, nil
}

// uploadEncryption is what the run asks S3 for.
func (s *Service) uploadEncryption(c *canary, r *run) s3.Encryption {
	if r.dry != nil && !s.settings.DryRunUsesNewKey {
		return c.config.encryption.upload()
	}
	return r.config.encryption.upload()
}

type artifact struct {
	name string
	body []byte
}

// picture is what a screenshot shows. What changes from run to run is not in it: compare knows those areas.
func picture(c *canary, shot Screenshot, down bool) []byte {
	if down {
		return []byte("png:" + c.name + ":" + shot.Name + ":error page")
	}
	return []byte("png:" + c.name + ":" + shot.Name)
}

// forget drops the runs that are older than the canary's retention periods (API_Canary). Only those at the
// front are taken out of memory; isForgotten hides the rest.
func (s *Service) forget(c *canary, now time.Time) {
	n := 0
	for n < len(c.runs) && n < c.unpruned && c.isForgotten(c.runs[n], now) {
		n++
	}
	if n > 0 {
		c.runs = append([]*run(nil), c.runs[n:]...)
		c.dropped += n
		c.unpruned -= n
	}
}

func (c *canary) isForgotten(r *run, now time.Time) bool {
	days := c.config.successDays
	if r.state == failedRun {
		days = c.config.failureDays
	}
	return r.state != running && now.Sub(r.started) > time.Duration(days)*24*time.Hour
}

// prune removes the artifacts of all but the latest runs and of those that a baseline refers to.
func (s *Service) prune(c *canary) {
	for c.unpruned < len(c.runs)-max(s.settings.KeepRuns, 1)*len(c.config.browsers) {
		r := c.runs[c.unpruned]
		if r.state == running {
			return
		}
		c.unpruned++
		if c.usesRun(r.id) {
			c.held = append(c.held, r)
			continue
		}
		s.pruneOne(c, r)
	}
	kept := c.held[:0]
	for _, r := range c.held {
		if c.usesRun(r.id) {
			kept = append(kept, r)
			continue
		}
		s.pruneOne(c, r)
	}
	c.held = kept
}

func (s *Service) pruneOne(c *canary, r *run) {
	if !r.pruned {
		r.pruned = true
		s.storage.RemovePrefix(r.config.location.bucket, r.prefix(c))
	}
}
