package synthetics

import (
	"net/http"
	"time"

	"rekey/awssim/apierr"
	"rekey/awssim/identity"
)

// dryRun is one execution under settings that the canary doesn't have yet.
type dryRun struct {
	id     string
	config *configuration
	// from is the configuration that the request was applied to. A dry run of a canary that has changed since
	// can't be committed, which is inferred.
	from  *configuration
	edits int // of the canary when it was asked for
	runs  []*run
}

// inProgress says whether a browser's run is still to come or to end.
func (d *dryRun) inProgress() bool {
	if len(d.runs) == 0 {
		return true
	}
	for _, r := range d.runs {
		if r.state == running {
			return true
		}
	}
	return false
}

// failure is the first failed run, nil while or if there is none.
func (d *dryRun) failure() *run {
	for _, r := range d.runs {
		if r.state == failedRun {
			return r
		}
	}
	return nil
}

func (s *Service) status(d *dryRun) string {
	switch {
	case d.inProgress():
		return s.settings.DryRunRunning
	case d.failure() != nil:
		return s.settings.DryRunFailed
	}
	return s.settings.DryRunPassed
}

func (c *canary) lastDryRun() *dryRun {
	if len(c.dryRuns) == 0 {
		return nil
	}
	return c.dryRuns[len(c.dryRuns)-1]
}

func (c *canary) dryRunByID(id string) *dryRun {
	for _, d := range c.dryRuns {
		if d.id == id {
			return d
		}
	}
	return nil
}

// startDryRun plans the one execution. At most one dry run of a canary is in progress, and the last few are
// remembered.
func (s *Service) startDryRun(c *canary, p identity.Principal, in *change) (*dryRun, error) {
	if err := s.checkIdle(c); err != nil {
		return nil, err
	}
	if !since(c.config.runtime, dryRuns) {
		return nil, invalid("Dry run isn't supported for runtime version %s.", c.config.runtime)
	}
	if d := c.lastDryRun(); d != nil && d.inProgress() {
		return nil, conflict("A dry run is already in progress for canary %s.", c.name)
	}
	now := s.clock.Now().UTC().Truncate(time.Millisecond)
	next, err := s.apply(c, in, now)
	if err != nil {
		return nil, err
	}
	d := &dryRun{id: c.nextID(), config: next, from: c.config, edits: c.edits}
	const remembered = 20
	c.dryRuns = append(c.dryRuns, d)
	if len(c.dryRuns) > remembered {
		c.dryRuns = append([]*dryRun(nil), c.dryRuns[1:]...)
	}
	at := now.Add(s.settings.DryRunDelay)
	s.at(c, at, func() {
		for i, b := range d.config.browsers {
			r := s.beginOne(c, d.config, b, at, at.Add(time.Duration(i)*7*time.Millisecond))
			r.dry = d
			d.runs = append(d.runs, r)
			s.completeAt(c, r)
		}
	})
	s.record(c, p, "synthetics:StartCanaryDryRun", now, map[string]string{
		DetailDry: d.id, DetailBefore: c.config.encryption.String(), DetailAfter: next.encryption.String(),
	})
	return d, nil
}

// commit is the configuration that UpdateCanary takes over by DryRunId, with a schedule at most (API_UpdateCanary).
func (s *Service) commit(c *canary, in *change) (*configuration, error) {
	d := c.dryRunByID(*in.DryRunID)
	switch {
	case d == nil:
		return nil, &apierr.Error{
			Code: "ResourceNotFoundException", Status: http.StatusNotFound,
			Message: "Dry run " + *in.DryRunID + " not found for canary " + c.name,
		}
	case d.inProgress():
		return nil, conflict("Dry run %s is still in progress.", d.id)
	case d.failure() != nil:
		return nil, invalid("Dry run %s failed: it can't be used to update the canary.", d.id)
	case d.edits != c.edits:
		return nil, invalid("Canary %s was updated after dry run %s.", c.name, d.id)
	}
	next := *d.config
	if in.Schedule != nil {
		if err := setSchedule(&next, in.Schedule); err != nil {
			return nil, err
		}
	}
	next.visual = c.merged(next.visual, d.from)
	next.version = c.config.version
	return &next, checkWhole(&next)
}

// merged keeps the references that runs have named since the dry run was asked for, where its request didn't
// change them.
func (c *canary) merged(asked []*visualReference, from *configuration) []*visualReference {
	out := append([]*visualReference(nil), asked...)
	for i, v := range out {
		if from.reference(v.browser) == v {
			if now := c.config.reference(v.browser); now != nil {
				out[i] = now
			}
		}
	}
	return out
}
